"""The files of a mark reader, by their names in its folder."""

from enum import StrEnum


class MarkFile(StrEnum):
    """What the folder holds."""

    FINDER = "finder.onnx"
    NAMER = "namer.onnx"
    COMPARER = "comparer.onnx"
    REFERENCES = "references.npy"
    EMBEDDINGS = "embeddings.npy"
    BRANDS = "brands.json"
