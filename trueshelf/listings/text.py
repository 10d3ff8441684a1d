"""Text as it is compared: normalised, or reduced to what its letters look like, with the way back to the original.

Sellers who evade filters insert invisible characters, borrow letters from other alphabets, write digits for letters
and spell words out ("N1KE", "Νіke" with a Greek and a Cyrillic letter, "n.i.k e"). Look-alike letters are those of
Unicode's UTS #39 (the `confusable-homoglyphs` package).
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final

INVISIBLE_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that show nothing though Unicode does not class them as format characters."""

_LEET = str.maketrans("0134578l|!@$€", "oieastbiiiase")
_LEET_SYMBOLS = re.compile(r"(?<=[^\W_])[@$!|€](?=[^\W_])|(?<!\w)[@$](?=[^\W\d_])|(?<=[^\W\d_])[$€](?!\w)")
_JOINERS = "'’ʼ`´"
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han: a word a character
_MOST_PASSES = 4

LONGEST_TITLE: Final = 400
LONGEST_DESCRIPTION: Final = 2_000
"""Characters of a title and of a description that are read, whatever reads them: what comes later is rarely about the
article and would only cost time."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """A rewritten text whose every character knows which part of the original it stands for.

    Attributes:
        starts: for each character of `text`, where its original begins.
        ends: for each character of `text`, where its original ends.
    """

    original: str
    text: str
    starts: list[int]
    ends: list[int]

    def quote(self, start: int, end: int) -> str:
        """The original fragment that `text[start:end]` stands for."""
        return self.original[self.starts[start] : self.ends[end - 1]] if start < end else ""

    def select(self, kept: list[int]) -> "Aligned":
        """The same with only the characters at the indices `kept`."""
        text = "".join([self.text[index] for index in kept])
        return Aligned(self.original, text, [self.starts[i] for i in kept], [self.ends[i] for i in kept])


@dataclass(frozen=True, slots=True)
class Word:
    """A word as compared; `start` and `end` are where it lies in the original."""

    text: str
    start: int
    end: int


def cut(text: str, longest: int) -> str:
    """The beginning of a text, `longest` characters as it is written and as it is normalised.

    Both, since normalising makes up to 18 characters of a single one (U+FDFA).
    """
    text = text[:longest]
    if len(_compatible(text)) <= longest:
        return text
    lengths = accumulate(len(_compatible(letter)) for letter in text)
    return text[: sum(length <= longest for length in lengths)]


def normalise(text: str) -> str:
    """NFKC, case folding, one space for any blanks; without invisible and bidirectional characters and lone surrogates.

    Normalising twice is the same as once.
    """
    return folded(text).text


def skeleton(text: str) -> str:
    """`appearance` with words that were spelt out put together: "N.1-k e", "n i k e" and "Nike" all give "nike"."""
    look = appearance(text).text
    return _spelt_out().sub(lambda match: "".join(filter(str.isalnum, match.group())), look)


def folded(text: str) -> Aligned:
    """`normalise` with the way back to the original."""
    aligned = _single_spaced(_rewrite(text, _folded))
    for _ in range(_MOST_PASSES):
        if aligned.text.isascii() or _is_folded(aligned.text):
            break
        again = _single_spaced(_rewrite(aligned.text, _folded))
        aligned = Aligned(
            text,
            again.text,
            [aligned.starts[start] for start in again.starts],
            [aligned.ends[end - 1] for end in again.ends],
        )
    return aligned


def appearance(text: str) -> Aligned:
    """The Latin letters that a text looks like, lower case; what looks like none stays as it is.

    Digits and signs that stand in for letters become them, and `i` and `l` (like 1 and |) become one letter, so results
    are for comparison with one another only.
    """
    aligned = _single_spaced(_rewrite(text, _latin_look))
    letters = list(aligned.text)
    for match in _LEET_SYMBOLS.finditer(aligned.text):
        letters[match.start()] = match.group().translate(_LEET)
    return Aligned(text, "".join(letters), aligned.starts, aligned.ends)


def words(aligned: Aligned) -> list[Word]:
    """The words of a text in any script: runs of letters, digits and their marks; of Han and kana each character.

    Apostrophes within a word are left out of it ("Levi's" is "levis"). Scripts that join words (Thai, Lao, Khmer) give
    whole phrases: search them for substrings.
    """
    starts, ends, found = aligned.starts, aligned.ends, _word().finditer(aligned.text)
    if not any(joiner in aligned.text for joiner in _JOINERS):
        return [Word(match.group(), starts[match.start()], ends[match.end() - 1]) for match in found]
    return [
        Word(bare, starts[match.start()], ends[match.end() - 1])
        for match in found
        if (bare := _bare(match.group()))  # an apostrophe that counts as a letter may stand alone
    ]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text prepared once for every search in it.

    Attributes:
        words: its words as normalised.
        looks: its words as they look; not always as many, for "ad!das" is one word only to the eye.
    """

    original: str
    normal: Aligned
    look: Aligned
    words: list[Word]
    looks: list[Word]


def read(text: str) -> Reading:
    """Prepare a text for searches."""
    normal, look = folded(text), appearance(text)
    return Reading(text, normal, look, words(normal), words(look))


def is_unspaced(text: str) -> bool:
    """Whether a text has letters of a script that is written without spaces between words."""
    return any(
        "\u0e00" <= letter <= "\u0eff" or "\u1000" <= letter <= "\u109f" or "\u1780" <= letter <= "\u17ff"
        or re.match(f"[{_UNSPACED}]", letter)
        for letter in text
    )  # fmt: skip


def is_invisible(character: str) -> bool:
    """Whether a character shows nothing and separates nothing: format characters, fillers, variation selectors."""
    return (
        unicodedata.category(character) in ("Cf", "Cs")
        or character in INVISIBLE_LETTERS
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or (unicodedata.category(character) == "Cc" and not character.isspace())
    )


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


def _bare(word: str) -> str:
    return word.translate(_WITHOUT_JOINERS)


_WITHOUT_JOINERS = dict.fromkeys(map(ord, _JOINERS))


def _rewrite(text: str, fold: Callable[[str], str]) -> Aligned:
    """Each character, together with the marks that follow it, replaced by what `fold` makes of it."""
    if text.isascii() and text.isprintable():
        return Aligned(text, _ascii(text, fold), list(range(len(text))), list(range(1, len(text) + 1)))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _cluster().finditer(text):
        start, end = match.span()
        if end - start > 1 and match.group().isascii():
            pieces.append(_ascii(match.group(), fold))
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            piece = fold(match.group())
            pieces.append(piece)
            starts.extend([start] * len(piece))
            ends.extend([end] * len(piece))
    return Aligned(text, "".join(pieces), starts, ends)


def _ascii(text: str, fold: Callable[[str], str]) -> str:
    """What `fold` makes of printable ASCII, all at once; one character each."""
    return _latin_look_of_ascii(text) if fold is _latin_look else text.lower()


def _latin_look_of_ascii(text: str) -> str:
    return text.lower().translate(_LEET_DIGITS)


_LEET_DIGITS = str.maketrans("0134578l", "oieastbi")


@lru_cache(maxsize=1 << 15)
def _folded(cluster: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
    return "".join([" " if letter.isspace() else letter for letter in text if not is_invisible(letter)])


@lru_cache(maxsize=1 << 15)
def _latin_look(cluster: str) -> str:
    looks = _looks()
    text = unicodedata.normalize("NFKC", cluster)
    if len(text) == 1 and text in looks:
        return _latin_look_of_ascii(looks[text])
    letters = [
        " " if letter.isspace() else looks.get(letter, letter)
        for letter in unicodedata.normalize("NFD", text)
        if not is_invisible(letter) and unicodedata.category(letter) != "Mn"
    ]
    return _latin_look_of_ascii("".join(letters).casefold())


def _single_spaced(aligned: Aligned) -> Aligned:
    text = aligned.text
    if "  " not in text and text == text.strip(" "):
        return aligned
    last = len(text.rstrip(" "))
    return aligned.select([i for i in range(last) if text[i] != " " or (i and text[i - 1] != " ")])


def _is_folded(text: str) -> bool:
    return (
        unicodedata.is_normalized("NFKC", text)
        and text == unicodedata.normalize("NFKC", text.casefold())
        and not any(is_invisible(letter) for letter in set(text))
    )


# Lower-case shapes that UTS #39 ties to small capitals only, and stroked letters, which have no decomposition.
_SHAPES: Final = {
    pair[0]: pair[1]
    for pair in [
        *("вb", "еe", "кk", "мm", "нh", "оo", "рp", "сc", "тt", "уy", "хx", "ѕs", "іi", "јj", "ԁd", "ԛq", "ԝw"),
        *("αa", "βb", "εe", "ιi", "κk", "νv", "οo", "ρp", "τt", "υu", "χx", "ωw", "ηn"),
        *(
            "ıi",
            "łl",
            "øo",
            "đd",
            "ðd",
            "ħh",
            "ŧt",
            "ƀb",
            "ɴn",
            "ʀr",
            "ɪi",
            "ʜh",
            "ᴛt",
            "ᴋk",
            "ᴍm",
            "ʙb",
            "ᴇe",
            "ɡg",
            "ɑa",
        ),
    ]
}


@cache
def _looks() -> dict[str, str]:
    """The ASCII letter or digit that each single character of other alphabets can be taken for."""
    from confusable_homoglyphs.confusables import confusables_data  # here: a megabyte of JSON

    looks = {
        twin["c"]: latin
        for latin in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkmnopqrstuvwxyzl"
        for twin in confusables_data.get(latin, ())
        if len(twin["c"]) == 1 and not twin["c"].isascii()
    }
    return looks | _SHAPES


@cache
def _marks() -> str:
    """A regular expression's character class of every combining mark of the basic plane."""
    points = [point for point in range(0x300, 0xFFFF) if unicodedata.category(chr(point))[0] == "M"]
    starts = [point for point in points if not _is_mark(point - 1)]
    ends = [point for point in points if not _is_mark(point + 1)]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


def _is_mark(point: int) -> bool:
    return unicodedata.category(chr(point))[0] == "M"


@cache
def _cluster() -> re.Pattern[str]:
    """A run of printable ASCII, or one character with its marks; Hangul syllables' parts stay together."""
    parts = f"{_marks()}\u1160-\u11ff\uff9e\uff9f"
    return re.compile(f"[ -~]+(?![{parts}])|.[{parts}]*", re.DOTALL)


_HALF_HAN = ("t恤", "t裤", "v领", "u盘", "a字", "k金")
"""Chinese words that begin with a Latin letter: it is no part of the name that stands before it without a space."""


@cache
def _word() -> re.Pattern[str]:
    letter = rf"(?:(?![{_UNSPACED}])[^\W_]|[{_marks()}])"
    run = rf"{letter}(?:(?!{'|'.join(_HALF_HAN)}){letter})*"
    return re.compile(rf"[{_UNSPACED}]|{run}(?:[{_JOINERS}]{run})*")


@cache
def _spelt_out() -> re.Pattern[str]:
    """Three or more single letters with the same or differing separators between them."""
    return re.compile(r"(?<!\w)[^\W_](?:[ .\-_*·•~/|,:;'’]{1,3}[^\W_]){2,}(?!\w)")
