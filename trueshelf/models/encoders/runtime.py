"""Encoders as serving runs them: an ONNX graph each, and for text a tokenizer; neither torch nor transformers.

An item's embedding does not depend on its batch-mates beyond rounding (1e-6): text is padded under a mask, and int8
graphs carry scales that were fixed when they were made.

Legend: B batch, S side of the image, T tokens, D dimensions of the embedding.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from trueshelf.models.encoders.spec import ImageSpec, TextSpec
from trueshelf.models.encoders.tokens import ATTENTION_MASK, INPUT_IDS, TokenReader

Device = Literal["cpu", "cuda"]

# Larger batches are not quicker on a processor, and memory stays bounded whatever a caller sends.
CHUNK = 8
PIXELS = "pixels"
# Not plain "embedding": the exporter gives that name to a value of its own in every graph that looks tokens up.
OUTPUT = "embedding_bd"


class ImageEncoder:
    """Normalised pixels to embeddings."""

    def __init__(self, session: ort.InferenceSession, spec: ImageSpec, digest: str) -> None:
        self._session = session
        self.spec = spec
        self.digest = digest

    @classmethod
    def open(cls, path: Path, spec: ImageSpec, *, threads: int = 1, device: Device = "cpu") -> Self:
        """Load the graph in `path`.

        Raises:
            OSError: the file cannot be read.
            ValueError: the graph is not one of `spec`'s encoder, or there is no such device.
        """
        session, digest = open_session(path, threads=threads, device=device)
        expect(session, path, inputs={PIXELS: [None, 3, spec.size, spec.size]}, dim=spec.dim)
        return cls(session, spec, digest)

    def encode(self, pixels_bchw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings [B,D] of pixels [B,3,S,S].

        Raises:
            ValueError: the pixels have another shape.
        """
        size = self.spec.size
        if pixels_bchw.shape[1:] != (3, size, size):
            raise ValueError(f"pixels must be [B,3,{size},{size}], not {list(pixels_bchw.shape)}")
        embeddings_bd = np.empty((len(pixels_bchw), self.spec.dim), dtype=np.float32)
        for chunk in chunks(len(pixels_bchw)):
            embeddings_bd[chunk] = self._session.run([OUTPUT], {PIXELS: pixels_bchw[chunk]})[0]
        return embeddings_bd


class TextEncoder:
    """Texts to embeddings of length one."""

    def __init__(self, session: ort.InferenceSession, reader: TokenReader, spec: TextSpec, digest: str) -> None:
        self._session = session
        self._reader = reader
        self.spec = spec
        self.digest = digest

    @classmethod
    def open(
        cls, path: Path, tokenizer_path: Path, spec: TextSpec, *, threads: int = 1, device: Device = "cpu"
    ) -> Self:
        """Load the graph in `path` and the `tokenizer.json` that goes with it.

        Raises:
            OSError: a file cannot be read.
            ValueError: the graph is not one of `spec`'s encoder, or there is no such device.
        """
        session, digest = open_session(path, threads=threads, device=device)
        expect(session, path, inputs={INPUT_IDS: [None, None], ATTENTION_MASK: [None, None]}, dim=spec.dim)
        return cls(session, TokenReader(tokenizer_path, spec), spec, digest)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings [B,D] of B texts, in their order; an empty text has one too.

        Raises:
            TypeError: a text has a lone surrogate, which is no character.
        """
        tokens = self._reader.read(texts)
        # Texts of like length go together: less padding to compute.
        by_length = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
        embeddings_bd = np.empty((len(tokens), self.spec.dim), dtype=np.float32)
        for chunk in chunks(len(tokens)):
            indices = by_length[chunk]
            feed = self._reader.batch([tokens[index] for index in indices])
            embeddings_bd[indices] = self._session.run([OUTPUT], feed)[0]
        return embeddings_bd


def chunks(count: int) -> Iterator[slice]:
    """Slices of at most `CHUNK` items that cover `count`."""
    return (slice(start, start + CHUNK) for start in range(0, count, CHUNK))


def open_session(path: Path, *, threads: int, device: Device = "cpu") -> tuple[ort.InferenceSession, str]:
    """A session on the ONNX graph in `path`, and the SHA-256 of the bytes that it was made from.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is no ONNX graph, or there is no such device.
    """
    content = path.read_bytes()
    try:
        session = ort.InferenceSession(content, session_options(threads), providers=providers(device))
    except Exception as error:  # onnxruntime has a class for every status, with no common base but this one
        raise ValueError(f"{path} cannot be run as an ONNX graph: {error}") from error
    return session, hashlib.sha256(content).hexdigest()


def session_options(threads: int) -> ort.SessionOptions:
    """One operation after another on `threads` threads, with every graph optimisation.

    The memory arena stays: it makes a call a tenth quicker, and `CHUNK` bounds what it can grow to (100 MB for
    EfficientNet-Lite0). Spinning goes: a thread that waits in a loop holds a core that another process needs.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def providers(device: Device) -> list[str]:
    """ONNX Runtime's execution providers for a device.

    Raises:
        ValueError: this installation of ONNX Runtime cannot use the device.
    """
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        raise ValueError(f"device {device!r} is not available: ONNX Runtime has {ort.get_available_providers()}")
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def expect(session: ort.InferenceSession, path: Path, *, inputs: dict[str, list[int | None]], dim: int) -> None:
    """Refuse a graph whose inputs or output are not those named; None in a shape stands for a free axis.

    Raises:
        ValueError: with what was found and what was expected.
    """
    found = {
        node.name: [size if isinstance(size, int) else None for size in node.shape] for node in session.get_inputs()
    }
    if found != inputs:
        raise ValueError(f"{path} takes {found}, expected {inputs}")
    outputs = {node.name: node.shape[-1] for node in session.get_outputs()}
    if outputs != {OUTPUT: dim}:
        raise ValueError(f"{path} gives {outputs}, expected { {OUTPUT: dim} }")
