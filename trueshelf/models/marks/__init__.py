"""Brand marks in photos: found, compared with the true ones, and where they differ; on ONNX Runtime and numpy."""

from trueshelf.models.marks.found import Box, FoundMark, SeenMarks
from trueshelf.models.marks.reader import MarkReader

__all__ = ["Box", "FoundMark", "MarkReader", "SeenMarks"]
