from copy import deepcopy
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from trueshelf.models.encoders import TextEncoder
from trueshelf.models.encoders.export import export_image_encoder, verify
from trueshelf.models.encoders.runtime import PIXELS
from trueshelf.models.encoders.sources import ImageSource, TextSource
from trueshelf.models.encoders.tokens import TokenReader


@pytest.mark.slow
def test_equal_weights_give_equal_bytes(image_graph: Path, image_source: ImageSource, tmp_path: Path) -> None:
    path = tmp_path / "again.onnx"
    export_image_encoder(image_source.module, image_source.spec, path)
    assert path.read_bytes() == image_graph.read_bytes()


@pytest.mark.parametrize("graph", ["image_graph", "text_graph"])
def test_a_graph_is_one_file_that_does_not_say_where_it_was_made(graph: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(graph)
    assert list(path.parent.iterdir()) == [path]
    assert b".py" not in path.read_bytes()
    onnx.checker.check_model(path, full_check=True)


def test_texts_are_embedded_as_by_the_module(
    text_encoder: TextEncoder, text_source: TextSource, tokenizer: Path
) -> None:
    texts = ["a", "abc def", "0123 456 789 abc", ""]
    reader = TokenReader(tokenizer, text_source.spec)
    feed = {name: torch.from_numpy(values) for name, values in reader.batch(reader.read(texts)).items()}
    with torch.inference_mode():
        expected = text_source.module(**feed).numpy()
    assert np.abs(text_encoder.encode(texts) - expected).max() < 1e-4


def test_a_graph_that_differs_from_its_module_is_refused(image_graph: Path, image_source: ImageSource) -> None:
    changed = deepcopy(image_source.module)
    with torch.no_grad():
        for weights in changed.parameters():
            weights.mul_(1.01)
    with pytest.raises(ValueError, match="differs from the module"):
        verify(changed, {PIXELS: torch.randn(2, 3, 32, 32)}, image_graph)
