"""Photos and texts to vectors. The names exported here need neither torch nor transformers."""

from trueshelf.models.encoders.runtime import ImageEncoder, TextEncoder
from trueshelf.models.encoders.spec import ImageSpec, TextSpec, ViewSpec
from trueshelf.models.encoders.views import views

__all__ = ["ImageEncoder", "ImageSpec", "TextEncoder", "TextSpec", "ViewSpec", "views"]
