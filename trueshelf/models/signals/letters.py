"""Words in letters that hide what they say: invisible characters inside, two alphabets in one word."""

import re
from typing import Final

_LETTER = r"A-Za-z\u0400-\u052f\u0370-\u03ff\u4e00-\u9fff"
_INVISIBLE = r"\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u034f\u3164\u115f\u1160\ufe0f\ud800-\udfff"
# Cyrillic and Greek letters that pass for Latin ones; of the others (кВт, kΩ) a mixed word is no disguise.
_LOOKALIKE = "авекмнорстухіјѕԁԛԝАВЕКМНОРСТУХІЈЅЗАοραντικυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_MIXED = rf"[A-Za-z](?=[{_LOOKALIKE}])|[{_LOOKALIKE}](?=[A-Za-z])"
# Names that are begun in one alphabet and ended in the other, as they sound: "айPhone", "Mи 11".
_SOUNDED = r"(?<!\w)(?:[\u0400-\u052f]{1,2}[A-Z][a-z]{2,}|[A-Z][\u0430-\u045f]{1,2}(?![^\W\d_]))"
_DISGUISED: Final = re.compile(
    rf"(?<!\w)\w*(?:[{_LETTER}][{_INVISIBLE}]+(?=[{_LETTER}])|{_MIXED})[\w{_INVISIBLE}]*|{_SOUNDED}"
)
# A Greek letter before a name that begins by itself ("αGel").
_PREFIXED = r"[\u0370-\u03ff][A-Z][A-Za-z]+"
# A Russian ending on capitals ("COVIDный"); one letter of it at least looks like no Latin one.
_INFLECTED = rf"[A-Z]{{2,}}(?=\w*[^\W{_LOOKALIKE}A-Z])[\u0430-\u045f]{{2,}}"
_HONEST: Final = re.compile(f"{_PREFIXED}|{_INFLECTED}")
_STYLED: Final = re.compile("[\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f130-\U0001f189]{2,}")


def disguised_words(text: str, lookalikes: list[tuple[int, int]]) -> list[str]:
    """The words of a text with invisible characters inside, or of two alphabets that pass for one.

    Args:
        lookalikes: where the text imitates brands; a mixed word is no honest one there.
    """
    return [
        match.group()
        for match in _DISGUISED.finditer(text)
        if not _HONEST.fullmatch(match.group())
        or any(match.start() < end and start < match.end() for start, end in lookalikes)
    ]


def styled_words(text: str) -> list[str]:
    """The words of a text in mathematical or enclosed letters."""
    return _STYLED.findall(text)
