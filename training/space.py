"""What a search draws a config's fields from: `learning_rate=0.001..0.01:log`, `hidden=64..256` or `batch=16|32|64`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_type_hints

from training.overrides import parsed


class Drawing(Protocol):
    """The part of an Optuna trial that values are drawn from."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = ...) -> float: ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = ...) -> int: ...

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, evenly or by their order of magnitude; whole ones where both ends are."""

    low: float
    high: float
    log: bool

    def draw(self, name: str, trial: Drawing) -> Any:
        """A number of three digits at most, so that a command that names it names all of it."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return float(f"{trial.suggest_float(name, self.low, self.high, log=self.log):.3g}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values."""

    options: tuple[Any, ...]

    def draw(self, name: str, trial: Drawing) -> Any:
        return trial.suggest_categorical(name, self.options)


Space = Mapping[str, Range | Choice]


def space_of(config: type[Any], dimensions: Mapping[str, str]) -> Space:
    """The space that the texts describe, by field.

    Raises:
        ValueError: a text is no range or choice of its field's type.
    """
    hints = get_type_hints(config)
    found: dict[str, Range | Choice] = {}
    for name, text in dimensions.items():
        try:
            found[name] = _dimension(text, hints[name])
        except ValueError as error:
            raise ValueError(f"--space {name}={text}: {error}") from None
    return found


def dimensions_of(assignments: Sequence[str], searched: Mapping[str, str]) -> Mapping[str, str]:
    """Each field with the text of its range or choices; all that may be searched where nothing is assigned.

    Raises:
        ValueError: an assignment is malformed, or its field cannot be searched.
    """
    if not assignments:
        return searched
    found = {}
    for assignment in assignments:
        name, separator, text = assignment.partition("=")
        if not separator or not text:
            raise ValueError(f"--space {assignment!r} is not of the form field=low..high[:log] or field=a|b|c")
        if name not in searched:
            raise ValueError(f"--space {name}: what can be searched is {', '.join(searched)}; --set fixes other fields")
        found[name] = text
    return found


def _dimension(text: str, kind: Any) -> Range | Choice:
    if ".." not in text:
        return Choice(tuple(parsed(option, kind) for option in text.split("|")))
    ends, _, scale = text.partition(":")
    low, high = (parsed(end, kind) for end in ends.split("..", 1))
    if scale not in ("", "log"):
        raise ValueError(f"{scale!r} is no scale; there is log")
    if not low < high:
        raise ValueError(f"{low} is not below {high}")
    if scale and low <= 0:
        raise ValueError("a range by orders of magnitude begins above 0")
    return Range(low, high, bool(scale))
