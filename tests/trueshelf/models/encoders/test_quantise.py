from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from trueshelf.models.encoders import ImageEncoder, TextEncoder
from trueshelf.models.encoders.quantise import quantise_image_encoder, quantise_text_encoder
from trueshelf.models.encoders.sources import ImageSource, TextSource


def pixels(count: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, 3, 32, 32), dtype=np.float32)


def cosines(a_bd: NDArray[np.float32], b_bd: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = (a_bd * b_bd).sum(1) / np.linalg.norm(a_bd, axis=1) / np.linalg.norm(b_bd, axis=1)
    return found


@pytest.fixture(scope="module")
def int8_images(image_graph: Path, image_source: ImageSource, tmp_path_factory: pytest.TempPathFactory) -> ImageEncoder:
    path = tmp_path_factory.mktemp("int8") / "encoder.int8.onnx"
    quantise_image_encoder(image_graph, path, pixels(16, seed=1))
    return ImageEncoder.open(path, image_source.spec)


@pytest.fixture(scope="module")
def int8_texts(
    text_graph: Path, tokenizer: Path, text_source: TextSource, tmp_path_factory: pytest.TempPathFactory
) -> TextEncoder:
    path = tmp_path_factory.mktemp("int8") / "encoder.int8.onnx"
    quantise_text_encoder(text_graph, path, tokenizer, text_source.spec, ["abc", "0123 456", "some words of text"])
    return TextEncoder.open(path, tokenizer, text_source.spec)


def test_photos_in_int8_are_embedded_nearly_as_in_fp32(int8_images: ImageEncoder, image_encoder: ImageEncoder) -> None:
    seen = pixels(20, seed=2)
    assert cosines(int8_images.encode(seen), image_encoder.encode(seen)).min() > 0.95
    assert int8_images.digest != image_encoder.digest


def test_texts_in_int8_are_embedded_nearly_as_in_fp32(int8_texts: TextEncoder, text_encoder: TextEncoder) -> None:
    texts = ["other words", "a 1 b 2", "and once more some text"]
    assert cosines(int8_texts.encode(texts), text_encoder.encode(texts)).min() > 0.95


def test_int8_does_not_depend_on_batch_mates(int8_images: ImageEncoder, int8_texts: TextEncoder) -> None:
    seen = pixels(9, seed=3)
    alone = np.concatenate([int8_images.encode(seen[index : index + 1]) for index in range(9)])
    assert np.abs(int8_images.encode(seen) - alone).max() < 1e-6
    texts = ["a", "abcdefgh 12345", "of many lengths", ""]
    alone = np.concatenate([int8_texts.encode([text]) for text in texts])
    # Padding changes sums in their last bit, and a value on the edge between two steps may then fall either way.
    assert np.abs(int8_texts.encode(texts) - alone).max() < 1e-3


def test_nothing_to_calibrate_on_is_refused(
    image_graph: Path, text_graph: Path, tokenizer: Path, text_source: TextSource, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="calibration photos"):
        quantise_image_encoder(image_graph, tmp_path / "a.onnx", pixels(0, seed=0))
    with pytest.raises(ValueError, match="calibration texts"):
        quantise_text_encoder(text_graph, tmp_path / "b.onnx", tokenizer, text_source.spec, [])
