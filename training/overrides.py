"""`--set field=value`: changes fields of a frozen config, checked against the fields' types."""

import types
from collections.abc import Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def overridden(config: T, assignments: Sequence[str]) -> T:
    """A copy of a config (any dataclass instance) with the fields that `field=value` assignments name.

    Raises:
        ValueError: an assignment is malformed, names no field, or its value is not of the field's type.
    """
    hints = get_type_hints(type(config))
    names = [field.name for field in fields(config)]  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    for assignment in assignments:
        name, separator, text = assignment.partition("=")
        name = name.strip()
        if not separator:
            raise ValueError(f"--set {assignment!r} is not of the form field=value")
        if name not in names:
            close = get_close_matches(name, names, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise ValueError(f"--set {name} names no field{hint}; fields are {', '.join(names)}")
        try:
            changes[name] = parsed(text.strip(), hints[name])
        except ValueError as error:
            raise ValueError(f"--set {name}: {error}") from None
    return replace(config, **changes)  # type: ignore[type-var]


def parsed(text: str, kind: Any) -> Any:
    """A value of a type, read from text; tuples are written with commas, None as `none`.

    Raises:
        ValueError: the text is no value of the type.
    """
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _one_of(text, get_args(kind))
    if origin is Literal:
        found = next((option for option in get_args(kind) if str(option) == text), None)
        if found is None:
            raise ValueError(f"{text!r} is not one of {', '.join(map(str, get_args(kind)))}")
        return found
    if origin is tuple:
        return tuple(parsed(part.strip(), get_args(kind)[0]) for part in text.split(",") if part.strip())
    return _plain(text, kind)


def _one_of(text: str, kinds: Sequence[Any]) -> Any:
    if type(None) in kinds and text.casefold() == "none":
        return None
    errors = []
    for kind in kinds:
        try:
            return parsed(text, kind)
        except ValueError as error:
            errors.append(str(error))
    raise ValueError(errors[-1])


def _plain(text: str, kind: Any) -> Any:
    if kind is type(None):
        raise ValueError(f"{text!r} is not none")
    if kind is bool:
        if text.casefold() not in _BOOLEANS:
            raise ValueError(f"{text!r} is neither true nor false")
        return _BOOLEANS[text.casefold()]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(text)
    if kind not in (int, float, str, Path):
        raise ValueError(f"a {kind} cannot be set on the command line")
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{text!r} is not {'a whole number' if kind is int else 'a number'}") from None
