"""What a Bento has to install, pinned: an open range admits releases that nobody has tried, or that do not resolve."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parents[1]


def requirements() -> list[str]:
    """What the service needs installed, with all that this needs in turn, in the versions that were tested together."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [Requirement(line) for line in _extra(project, "serving")]
    tested = _tested_versions()
    direct = {canonicalize_name(requirement.name) for requirement in needed}
    indirect = sorted((_needed_by(needed) - direct) & tested.keys())
    return [
        *(_pinned(requirement, tested) for requirement in needed),
        *(f"{name}=={tested[name]}" for name in indirect),
    ]


def _extra(project: Mapping[str, Any], name: str) -> Iterator[str]:
    """What an extra of the project needs, those of its own extras that it names included."""
    for line in project["optional-dependencies"][name]:
        requirement = Requirement(line)
        if requirement.name == project["name"]:
            for extra in sorted(requirement.extras):
                yield from _extra(project, extra)
        else:
            yield line


def _tested_versions() -> dict[str, str]:
    """The versions that `constraints.txt` names."""
    lines = (_ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def _pinned(requirement: Requirement, tested: Mapping[str, str]) -> str:
    version = tested.get(canonicalize_name(requirement.name))
    if version is None:
        return str(requirement)
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return str(Requirement(f"{requirement.name}=={version}{marker}"))


def _needed_by(requirements: Iterable[Requirement]) -> set[str]:
    """The names of what is installed here because of some requirements, they themselves included."""
    found: set[tuple[str, str]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for part in {(name, extra) for extra in ("", *requirement.extras)} - found:
            found.add(part)
            waiting += _needs(*part)
    return {name for name, _ in found}


def _needs(name: str, extra: str) -> list[Requirement]:
    try:
        needed = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:  # of another platform
        return []
    return [each for each in needed if each.marker is None or each.marker.evaluate({"extra": extra})]
