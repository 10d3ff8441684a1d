"""Ways past the marketplace that a text offers: lures, messengers with a number or an invitation, phone numbers."""

import re
from typing import Final

from trueshelf.listings.phrases import Match
from trueshelf.listings.text import Reading

_INVITATION_REACH = 30  # characters between an invitation and a channel
_NUMBER_REACH = 40  # characters from a channel to the end of its number

# Nine digits and more in a form that people write phone numbers in; printer models ("8210 8710 8720") are in none.
_CALLABLE: Final = (
    r"(?:(?:\+|\(?0)(?:[\s().-]{0,2}\d){8,13}"  # with a country's or a trunk prefix
    r"|8[\s(-]{0,2}9\d\d(?:[\s().-]{0,2}\d){7}"  # Russia
    r"|1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}"  # China
    r"|\(\d{2,3}\)[\s-]?\d{3,5}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4}"  # the Americas
    r"|\d{9,12})(?!\d)"
)
_HANDLE = r"(?:@\w{3,}|(?=[\w.-]{5})[A-Za-z][A-Za-z_.-]*\d[\w.-]*)"
_NO = r"\W{0,12}(?:[^\W\d_]{1,3}\W{1,3})?"  # "no: " and the like between a channel and its number
_COLON = r"\s?(?:id|ID)?\s?[:：]\s*"
_AFTER = {
    "channels": re.compile(rf"{_NO}(?:\+?\d(?:[\s().-]{{0,2}}\d){{6,}}|@\w{{3,}})|{_COLON}{_HANDLE}"),
    "loose_channels": re.compile(
        rf"{_COLON}(?:{_CALLABLE}|\d{{6,12}}|{_HANDLE})|\W{{0,3}}(?:\+(?:[\s().-]?\d){{9}}[\d\s-]*|@\w{{3,}})"
    ),
    "phones": re.compile(rf"{_NO}(?:{_CALLABLE}|@\w{{3,}})"),
}
_PHONE = re.compile(r"(?<![\w.,])\+\d{1,3}[\s().-]*\d(?:[\s().-]?\d){6,12}(?![\w])")


def contacts(matches: list[Match[str]], reading: Reading) -> list[str]:
    """The fragments of a text that lead past the marketplace, as they are written."""
    text = reading.original
    invitations = [match for match in matches if match.payload == "invitations"]
    quotes = [text[match.start : match.end] for match in matches if match.payload == "outside"]
    covered = -1
    for match in matches:
        if match.payload not in _AFTER or match.start < covered:
            continue
        number = _AFTER[match.payload].match(text[match.end : match.end + _NUMBER_REACH])
        invited = next((one for one in invitations if 0 <= match.start - one.end <= _INVITATION_REACH), None)
        if number or (invited and _is_messenger(match, text)):
            start = invited.start if invited else match.start
            covered = match.end + (number.end() if number else 0)
            quotes.append(text[start:covered])
    said = " ".join(quotes)
    return quotes + [phone.group() for phone in _PHONE.finditer(text) if phone.group() not in said]


def _is_messenger(match: Match[str], text: str) -> bool:
    """Whether a channel is one even without a number; short names may be part of an article ("viber" is fibre)."""
    channel = text[match.start : match.end]
    return match.payload == "channels" and (len(channel) > 5 or not channel.isascii())
