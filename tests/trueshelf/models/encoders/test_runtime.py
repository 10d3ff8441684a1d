import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trueshelf.models.encoders import ImageEncoder, TextEncoder
from trueshelf.models.encoders.sources import ImageSource, TextSource

TEXTS = st.text("abc 019", max_size=60)


def test_nothing_of_training_is_imported() -> None:
    code = "import sys, trueshelf.models.encoders; print({'torch', 'transformers', 'onnx'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_pixels_are_embedded_as_by_the_module(image_encoder: ImageEncoder, image_source: ImageSource) -> None:
    pixels = torch.randn(19, 3, 32, 32)
    with torch.inference_mode():
        expected = image_source.module(pixels).numpy()
    assert np.abs(image_encoder.encode(pixels.numpy()) - expected).max() < 1e-4


@settings(max_examples=25)
@given(st.permutations(range(11)), st.integers(1, 11))
def test_a_photo_does_not_depend_on_its_batch_mates(
    image_encoder: ImageEncoder, order: Sequence[int], count: int
) -> None:
    pixels = np.random.default_rng(0).standard_normal((11, 3, 32, 32), dtype=np.float32)
    chosen = list(order[:count])
    assert np.abs(image_encoder.encode(pixels[chosen]) - image_encoder.encode(pixels)[chosen]).max() < 1e-6


def test_no_photos_have_no_embeddings(image_encoder: ImageEncoder) -> None:
    assert image_encoder.encode(np.zeros((0, 3, 32, 32), np.float32)).shape == (0, image_encoder.spec.dim)


def test_pixels_of_another_size_are_refused(image_encoder: ImageEncoder) -> None:
    with pytest.raises(ValueError, match=r"must be \[B,3,32,32\], not \[2, 3, 16, 16\]"):
        image_encoder.encode(np.zeros((2, 3, 16, 16), np.float32))


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_a_text_does_not_depend_on_its_batch_mates(text_encoder: TextEncoder, texts: list[str], random: Random) -> None:
    order = random.sample(range(len(texts)), len(texts))
    together = text_encoder.encode(texts)
    shuffled = text_encoder.encode([texts[index] for index in order])
    alone = np.concatenate([text_encoder.encode([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-6
    assert np.abs(shuffled - together[order]).max() < 1e-6


@given(TEXTS)
def test_an_embedding_of_a_text_has_length_one(text_encoder: TextEncoder, text: str) -> None:
    assert np.linalg.norm(text_encoder.encode([text])[0]) == pytest.approx(1, abs=1e-5)


def test_no_texts_have_no_embeddings(text_encoder: TextEncoder) -> None:
    assert text_encoder.encode([]).shape == (0, text_encoder.spec.dim)


def test_a_long_text_is_cut(text_encoder: TextEncoder) -> None:
    text = "a " * text_encoder.spec.max_tokens
    assert np.array_equal(text_encoder.encode([text]), text_encoder.encode([text + "b " * 500]))


def test_the_digest_is_that_of_the_file(image_encoder: ImageEncoder, image_graph: Path) -> None:
    assert image_encoder.digest == hashlib.sha256(image_graph.read_bytes()).hexdigest()


def test_a_graph_of_another_encoder_is_refused(
    image_graph: Path, text_graph: Path, image_source: ImageSource, text_source: TextSource, tokenizer: Path
) -> None:
    with pytest.raises(ValueError, match="expected"):
        ImageEncoder.open(text_graph, image_source.spec)
    with pytest.raises(ValueError, match="expected"):
        TextEncoder.open(image_graph, tokenizer, text_source.spec)


def test_a_file_that_is_no_graph_is_refused(tmp_path: Path, image_source: ImageSource) -> None:
    path = tmp_path / "encoder.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(ValueError, match=r"encoder\.onnx cannot be run"):
        ImageEncoder.open(path, image_source.spec)


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="this machine has the device"
)
def test_a_device_that_is_not_there_is_refused(image_graph: Path, image_source: ImageSource) -> None:
    with pytest.raises(ValueError, match="'cuda' is not available"):
        ImageEncoder.open(image_graph, image_source.spec, device="cuda")
