"""Which listings share a threshold: categories with enough sellers have their own, the others go together.

A category may be a path such as "fashion > shoes > sneakers". One that has too few sellers joins whatever else in its
parent has none of its own; where that is too little as well, it goes up again, and at the top all that is left over
goes together. Every listing so belongs to exactly one group, and each group's threshold is fitted to its own listings
only: no group's promise leans on another's. `groups_of` looks at who sells what and at no score, so that a promise
made for the groups is not spoilt by how they were chosen.

Shapes: N calibration listings.
"""

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from functools import lru_cache

from trueshelf.listings.text import normalise

Path = tuple[str, ...]

REST: Path = ()
"""The group of all that has none of its own; listings without a category are in it."""

_SEPARATORS = re.compile(r"[>/|›»]")
_BETWEEN = " > "


@lru_cache(maxsize=10_000)
def path_of(category: str | None) -> Path:
    """A category's parts from the widest to the narrowest, in one spelling; () without any."""
    parts = (part.strip() for part in _SEPARATORS.split(normalise(category or "")))
    return tuple(part for part in parts if part)


def name_of(path: Path) -> str:
    """A group's name; `path_of` reads it again."""
    return _BETWEEN.join(path)


def group_of(category: str | None, groups: Collection[str]) -> str | None:
    """The narrowest of the named groups that a category is in; None for the rest."""
    path = path_of(category)
    names = (name_of(path[:length]) for length in range(len(path), 0, -1))
    return next((name for name in names if name in groups), None)


def groups_of(path_N: Sequence[Path], seller_N: Sequence[Hashable], *, least: int, most: int) -> dict[Path, list[int]]:
    """The positions of each group's listings, at most `most` groups, each with `least` sellers or more.

    Only `REST` may have fewer, where all sellers together are too few. Where fewer than that are left over for it, it
    takes the smallest of the widest groups in. A single group is always `REST`.
    """
    found, rest = _bottom_up(path_N, seller_N, least)
    while found and _short(found, rest, seller_N, least=least, most=most):
        widest = [path for path in found if not any(path[:length] in found for length in range(1, len(path)))]
        rest += found.pop(min(widest, key=lambda path: (_sellers(found[path], seller_N), path)))
    return {REST: rest, **found} if rest or not found else found


def _bottom_up(
    path_N: Sequence[Path], seller_N: Sequence[Hashable], least: int
) -> tuple[dict[Path, list[int]], list[int]]:
    """Every group with enough sellers, and what is left over at the top."""
    waiting: dict[Path, list[int]] = {REST: []}
    for row, path in enumerate(path_N):
        waiting.setdefault(path, []).append(row)
    found: dict[Path, list[int]] = {}
    for depth in range(max(map(len, waiting)), 0, -1):
        for path in sorted(path for path in waiting if len(path) == depth):
            rows = waiting.pop(path)
            if _sellers(rows, seller_N) >= least:
                found[path] = rows
            else:
                waiting.setdefault(path[:-1], []).extend(rows)
    return found, waiting[REST]


def _short(
    found: Mapping[Path, list[int]], rest: list[int], seller_N: Sequence[Hashable], *, least: int, most: int
) -> bool:
    if not rest:
        return len(found) > most or len(found) == 1
    return len(found) + 1 > most or _sellers(rest, seller_N) < least


def _sellers(rows: Sequence[int], seller_N: Sequence[Hashable]) -> int:
    return len({seller_N[row] for row in rows})
