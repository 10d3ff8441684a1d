"""The arithmetic of the encoders: a bundle may offer more than one, each judged by calibrators of its own."""

from enum import StrEnum


class Precision(StrEnum):
    """The arithmetic of the encoders."""

    FP32 = "fp32"
    INT8 = "int8"
