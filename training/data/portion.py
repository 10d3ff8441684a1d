"""What part of a dataset a model is measured on: one of its splits, or all of it."""

from enum import StrEnum

from trueshelf.listings import Split


class Portion(StrEnum):
    """A split by its name, or `all`: for a dataset from elsewhere, of which nothing was trained on."""

    TRAIN = "train"
    VALIDATION = "validation"
    CALIBRATION = "calibration"
    TEST = "test"
    EXCLUDED = "excluded"
    ALL = "all"

    @property
    def part(self) -> Split | None:
        """None for all of the dataset."""
        return None if self is Portion.ALL else Split(self.value)
