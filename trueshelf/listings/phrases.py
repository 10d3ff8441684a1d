"""Searching a text for many phrases at once, as they are written and as they are disguised.

Words are looked up in dictionaries, so the time grows with the text and not with the number of phrases. Misspellings
are found through the deletion neighbourhood of each phrase (W. Garbe, symmetric delete spelling correction, 2012).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, Generic, TypeVar

from rapidfuzz.distance import OSA

from trueshelf.listings.text import Reading, Word, appearance, folded, is_unspaced, normalise, read, words

T = TypeVar("T")


class How(StrEnum):
    """How a phrase was written."""

    EXACT = "exact"
    LETTERS = "letters"
    SPELT_OUT = "spelt_out"
    SPLIT = "split"
    MASKED = "masked"
    MISSPELT = "misspelt"


@dataclass(frozen=True, slots=True)
class Phrase(Generic[T]):
    """A phrase to search for and what it stands for.

    Attributes:
        disguises: whether to find it disguised as well.
        misspellings: whether to find it one edit away as well.
        joined: whether to find its words written as one as well; "not a" would be found in "nota".
    """

    text: str
    payload: T
    disguises: bool = True
    misspellings: bool = False
    joined: bool = True


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A phrase found; `start` and `end` are where it lies in the original text."""

    payload: T
    how: How
    start: int
    end: int


_SHORTEST_DISGUISED: Final = 4
_SHORTEST_SPLIT_BY_SPACE: Final = 6
_SHORTEST_MISSPELT: Final = 5
_MOST_PIECES = 14
_DOUBLED = re.compile(r"(.)\1+")
_SIMILAR = [set(pair) for pair in ("ck", "sz", "iy", "uv", "uw", "mn", "kq", "pb")]
_BETWEEN_LETTERS = r"[\s·•・、，。\-_.*/|~+^]"
_TIGHT_GAP = re.compile(r"[.\-_*·•~'’^+=]{1,2}")
_MASKED = re.compile(r"(?<![\w*])[^\W\d_]\w*(?:[*#×]+\w*)+(?![*#×])")
_PLAIN = re.compile(r"[\w\s\-'’.]+")


class PhraseIndex(Generic[T]):
    """Many phrases, ready to be searched for in a text.

    Args:
        ordinary: words and phrases that are never taken for a disguise or misspelling of anything.
    """

    def __init__(self, phrases: Iterable[Phrase[T]], *, ordinary: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        self._by_look: dict[str, tuple[tuple[str, ...], T]] = {}
        self._by_deletion: dict[str, list[tuple[str, int, T]]] = {}
        self._ordinary = frozenset(normalise(word) for word in ordinary)
        literal: dict[str, T] = {}
        for phrase in phrases:
            if is_unspaced(phrase.text) or not _PLAIN.fullmatch(phrase.text) or len(phrase.text) < 3:
                literal.setdefault(normalise(phrase.text), phrase.payload)
            else:
                self._add_words(phrase)
        self._literal = _literals(sorted(literal, key=len, reverse=True))
        self._literal_payloads = {_closed_up(text): payload for text, payload in literal.items()}
        self._beginnings = {key[:length] for key in self._by_look for length in range(len(key) + 1)}
        self._shapes = {
            (key[0], count, len(key) + change)
            for entries in self._by_deletion.values()
            for key, count, _ in entries
            for change in (-1, 0, 1)
        }

    def _add_words(self, phrase: Phrase[T]) -> None:
        for spelling in _spellings(phrase.text, joined=phrase.joined):
            self._by_first.setdefault(spelling[0], []).append((spelling, phrase.payload))
            self._by_first[spelling[0]].sort(key=lambda item: -len(item[0]))
        looks = tuple(word.text for word in words(appearance(phrase.text)))
        key = _key("".join(looks))
        plain = re.sub(r"[\W_]", "", _without_accents(phrase.text))
        if not phrase.disguises or len(key) < _SHORTEST_DISGUISED or not (plain.isascii() and plain.isalpha()):
            return
        self._by_look.setdefault(key, (tuple(map(_key, looks)), phrase.payload))
        if phrase.misspellings and len(key) >= _SHORTEST_MISSPELT:
            for form in _deletions(key):
                self._by_deletion.setdefault(form, []).append((key, len(looks), phrase.payload))

    def find(self, text: str | Reading, *, misspellings: bool = True) -> list[Match[T]]:
        """All matches in the order of the text; where two overlap, the plainer one, then the longer one."""
        reading = read(text) if isinstance(text, str) else text
        matches: list[Match[T]] = []
        exact = sorted(self._exact(reading), key=lambda match: match.start - match.end)
        disguised = (self._disguised(reading), self._masked(reading))
        for found in (exact, *disguised, self._misspelt(reading) if misspellings and self._by_deletion else ()):
            for match in found:
                if not any(_overlap(match, other) for other in matches):
                    matches.append(match)
        return sorted(matches, key=lambda match: match.start)

    def _exact(self, reading: Reading) -> Iterator[Match[T]]:
        found, firsts = reading.words, self._by_first
        index = 0
        while index < len(found):
            word = found[index].text
            if word not in firsts and word[:-1] not in firsts:
                index += 1
                continue
            length, payload = self._longest_at(found, index)
            if length:
                yield Match(payload, How.EXACT, found[index].start, found[index + length - 1].end)
            index += length or 1
        for match in self._literal.finditer(reading.normal.text):
            written = match.group()
            start, end = reading.normal.starts[match.start()], reading.normal.ends[match.end() - 1]
            how = How.SPELT_OUT if is_unspaced(written) and _closed_up(written) != written else How.EXACT
            yield Match(self._literal_payloads[_closed_up(written)], how, start, end)

    def _longest_at(self, found: list[Word], index: int) -> tuple[int, T]:
        """How many words from `index` on make the longest phrase, and its payload; 0 words where none does."""
        word = found[index].text
        plural = len(word) > _SHORTEST_DISGUISED and word[-1] == "s" != word[-2]
        for first in (word, word[:-1]) if plural else (word,):
            for tokens, payload in self._by_first.get(first, ()):
                if len(tokens) == 1 or tokens[1:] == tuple(
                    [other.text for other in found[index + 1 : index + len(tokens)]]
                ):
                    return len(tokens), payload
        return 0, None  # type: ignore[return-value]

    def _disguised(self, reading: Reading) -> Iterator[Match[T]]:
        looks = reading.looks
        past = 0
        for first in range(len(looks)):
            if looks[first].start < past:
                continue
            joined, longest = "", None
            for last in range(first, min(first + _MOST_PIECES, len(looks))):
                joined += looks[last].text
                key = _key(joined)
                if key not in self._beginnings and key.rstrip("rv") not in self._beginnings:
                    break  # a last r or v may yet become part of an m or w
                hit = self._by_look.get(key)
                if hit is None:
                    continue
                pieces = looks[first : last + 1]
                how = _how(reading, pieces, hit[0])
                if how and not self._is_ordinary(_written(reading, pieces)):
                    longest = Match(hit[1], how, pieces[0].start, pieces[-1].end)
            if longest:
                past = longest.end
                yield longest

    def _masked(self, reading: Reading) -> Iterator[Match[T]]:
        for match in _MASKED.finditer(reading.look.text):
            masked = match.group()
            letters = sum(letter.isalpha() for letter in masked)
            pattern = re.compile(re.sub(r"[*#×]", ".", masked))
            for key, (_, payload) in self._by_look.items():
                if len(key) == len(masked) and 2 * letters >= len(key) and pattern.fullmatch(key):
                    start, end = reading.look.starts[match.start()], reading.look.ends[match.end() - 1]
                    yield Match(payload, How.MASKED, start, end)
                    break

    def _misspelt(self, reading: Reading) -> Iterator[Match[T]]:
        looks = reading.looks
        for count in (1, 2, 3):
            for first in range(len(looks) - count + 1):
                pieces = looks[first : first + count]
                payload = self._one_edit_away(_key("".join([piece.text for piece in pieces])), count)
                if payload is None:
                    continue
                written = _written(reading, pieces)
                if not self._is_ordinary(written) and not any(letter.isdigit() for letter in written):
                    yield Match(payload, How.MISSPELT, pieces[0].start, pieces[-1].end)

    def _one_edit_away(self, key: str, count: int) -> T | None:
        """The payload of the phrase of `count` words that `key` misspells by one edit, its first letter kept."""
        if not key or (key[0], count, len(key)) not in self._shapes:
            return None
        for form in _deletions(key):
            for other, pieces, payload in self._by_deletion.get(form, ()):
                if pieces == count and _is_misspelling(key, other):
                    return payload
        return None

    def _is_ordinary(self, written: str) -> bool:
        return bool({written, written.removesuffix("s")} & self._ordinary)


def _spellings(text: str, *, joined: bool) -> list[tuple[str, ...]]:
    """The words of a phrase, also without accents and also in one, as people write it without meaning to hide it."""
    spellings = []
    for variant in (text, _without_accents(text)):
        tokens = tuple(word.text for word in words(folded(variant)))
        if variant == text or len("".join(tokens)) >= _SHORTEST_DISGUISED:
            spellings += [tokens, ("".join(tokens),)] if joined else [tokens]
    return list(dict.fromkeys(spellings))


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f")


def _written(reading: Reading, pieces: list[Word]) -> str:
    """What stands in the original, normalised."""
    return normalise(reading.original[pieces[0].start : pieces[-1].end])


def _how(reading: Reading, pieces: list[Word], own: tuple[str, ...]) -> How | None:
    """How the pieces of text, which look like a phrase when joined, disguise it; None where they hardly mean to."""
    if len(pieces) == 1 or tuple([_key(piece.text) for piece in pieces]) == own:
        digits = sum(letter.isdigit() for letter in reading.original[pieces[0].start : pieces[-1].end])
        return How.LETTERS if 2 * digits <= sum(len(piece.text) for piece in pieces) else None
    letters = sum(len(piece.text) for piece in pieces)
    if all(len(piece.text) == 1 for piece in pieces):
        return How.SPELT_OUT
    gaps = [reading.original[before.end : after.start] for before, after in pairwise(pieces)]
    if all(_TIGHT_GAP.fullmatch(gap) for gap in gaps):
        return How.SPLIT
    by_space = len(pieces) == 2 and letters >= _SHORTEST_SPLIT_BY_SPACE
    return How.SPLIT if by_space and min(len(piece.text) for piece in pieces) > 1 else None


def _key(look: str) -> str:
    """A look with the pairs of letters that pass for one letter made that letter."""
    return look.replace("rn", "m").replace("vv", "w")


def _is_misspelling(key: str, name: str) -> bool:
    """Whether one edit that leaves the first letter alone makes `key` of `name`.

    A name of five letters has too many words around it to allow any letter for any other.
    """
    if key[0] != name[0] or OSA.distance(key, name, score_cutoff=1) != 1:
        return False
    if len(name) > _SHORTEST_MISSPELT or sorted(key) == sorted(name):
        return True
    if len(key) != len(name):
        return _DOUBLED.sub(r"\1", key) == _DOUBLED.sub(r"\1", name)
    return any({one, other} in _SIMILAR for one, other in zip(key, name, strict=True) if one != other)


def _deletions(key: str) -> set[str]:
    return {key} | {key[:index] + key[index + 1 :] for index in range(len(key))}


def _literals(texts: list[str]) -> re.Pattern[str]:
    """A pattern for phrases that are no plain sequences of words: signs, and scripts without spaces between words."""
    if not texts:
        return re.compile(r"(?!)")
    starts = "".join(re.escape(letter) for letter in sorted({text[0] for text in texts}))
    return re.compile(f"(?=[{starts}])(?:{'|'.join(map(_literal, texts))})")  # one quick look before all alternatives


def _literal(text: str) -> str:
    letters = [re.escape(letter) for letter in text if not letter.isspace()]
    blank = r"\s?"
    if not is_unspaced(text):
        colon = "" if text.isalpha() else ":"  # "1:1" is no part of "1:1:2", but "QQ" stands in "QQ:123"
        return rf"(?<![\w{colon}.])" + ("" if text.isalnum() else blank).join(letters) + rf"(?![\w{colon}])"
    if all(letter > "\u3000" for letter in text if not letter.isspace()):
        return f"{_BETWEEN_LETTERS}{{0,2}}".join(letters)
    return (blank if " " in text else "").join(letters)


def _closed_up(text: str) -> str:
    """A literal phrase, or a match of one, without what may stand between its letters."""
    gaps = _BETWEEN_LETTERS if is_unspaced(text) else r"\s"
    return re.sub(gaps, "", text)


def _overlap(one: Match[T], other: Match[T]) -> bool:
    return one.start < other.end and other.start < one.end
