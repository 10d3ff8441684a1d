"""Encoders as serving runs them: an ONNX graph each, and for text a tokenizer; neither torch nor transformers.

On a processor each item is encoded by itself: its embedding is the same to the last bit whatever else is asked for,
and nothing is lost by it (EfficientNet-Lite0 took 10.0 ms a photo alone and 9.7 in batches of eight, MiniLM 23.2 ms a
text and 22.9, on one thread). Graphics processors get batches, which differ by rounding (1e-6): text is padded under a
mask, and int8 graphs carry scales that were fixed when they were made.

Legend: B batch, S side of the image, T tokens, D dimensions of the embedding.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from trueshelf.models.encoders.spec import ImageSpec, TextSpec
from trueshelf.models.encoders.tokens import ATTENTION_MASK, INPUT_IDS, TokenReader

Device = Literal["cpu", "cuda"]

AT_ONCE: Mapping[Device, int] = {"cpu": 1, "cuda": 8}
"""Items of one call; memory stays bounded whatever a caller sends."""
PIXELS = "pixels"
# Not plain "embedding": the exporter gives that name to a value of its own in every graph that looks tokens up.
OUTPUT = "embedding_bd"


class ImageEncoder:
    """Normalised pixels to embeddings."""

    def __init__(self, session: ort.InferenceSession, spec: ImageSpec, digest: str, *, at_once: int = 1) -> None:
        self._session = session
        self._at_once = at_once
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
        return cls(session, spec, digest, at_once=AT_ONCE[device])

    def encode(self, pixels_bchw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings [B,D] of pixels [B,3,S,S].

        Raises:
            ValueError: the pixels have another shape.
        """
        size = self.spec.size
        if pixels_bchw.shape[1:] != (3, size, size):
            raise ValueError(f"pixels must be [B,3,{size},{size}], not {list(pixels_bchw.shape)}")
        embeddings_bd = np.empty((len(pixels_bchw), self.spec.dim), dtype=np.float32)
        for chunk in _slices(len(pixels_bchw), self._at_once):
            embeddings_bd[chunk] = self._session.run([OUTPUT], {PIXELS: pixels_bchw[chunk]})[0]
        return embeddings_bd


class TextEncoder:
    """Texts to embeddings of length one."""

    def __init__(
        self, session: ort.InferenceSession, reader: TokenReader, spec: TextSpec, digest: str, *, at_once: int = 1
    ) -> None:
        self._session = session
        self._at_once = at_once
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
        return cls(session, TokenReader(tokenizer_path, spec), spec, digest, at_once=AT_ONCE[device])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings [B,D] of B texts, in their order; an empty text has one too.

        Raises:
            TypeError: a text has a lone surrogate, which is no character.
        """
        tokens = self._reader.read(texts)
        # Texts of like length go together: less padding to compute.
        by_length = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
        embeddings_bd = np.empty((len(tokens), self.spec.dim), dtype=np.float32)
        for chunk in _slices(len(tokens), self._at_once):
            indices = by_length[chunk]
            feed = self._reader.batch([tokens[index] for index in indices])
            embeddings_bd[indices] = self._session.run([OUTPUT], feed)[0]
        return embeddings_bd


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

    The memory arena stays: it makes a call a tenth quicker, and `AT_ONCE` bounds what it can grow to. Spinning goes: a
    thread that waits in a loop holds a core that another process needs.
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


def _slices(count: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` items that cover `count`."""
    return (slice(start, start + size) for start in range(0, count, size))
