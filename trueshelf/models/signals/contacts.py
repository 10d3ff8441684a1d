"""Ways past the marketplace that a text offers: lures, messengers with a number or an invitation, phone numbers."""

import re
from typing import Final

from trueshelf.listings.phrases import Match
from trueshelf.listings.text import Reading
from trueshelf.models.signals.evasions import evasions

_INVITATION_REACH = 30  # characters between an invitation and a channel
_NUMBER_REACH = 40  # characters from a channel to the end of its number

# Nine digits and more in a form that people write phone numbers in; printer models ("8210 8710 8720") are in none.
_DIALLED: Final = (
    r"(?:(?:\+|\(?0)(?:[\s().-]{0,2}\d){8,13}"  # with a country's or a trunk prefix
    r"|8[\s(-]{0,2}9\d\d(?:[\s().-]{0,2}\d){7}"  # Russia
    r"|1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}"  # China
    r"|\(\d{2,3}\)[\s-]?\d{3,5}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4})(?!\d)"  # the Americas
)
_CALLABLE: Final = rf"(?:{_DIALLED}|\d{{9,12}}(?!\d))"
_AT: Final = r"@\w{3,}"
_HANDLE = rf"(?:{_AT}|(?=[\w.-]{{5}})[A-Za-z][A-Za-z_.-]*\d[\w.-]*)"
_NAME = r"[A-Za-z]\w+[._]\w{2,}"  # as people are called in apps only
_NO = r"\W{0,12}(?:[^\W\d_]{1,3}\W{1,3})?"  # "no: " and the like between a channel and its number
_COLON = r"\s?(?:id|ID)?\s?[:：]\s*"
_LOOSE = rf"{_COLON}(?:{_CALLABLE}|\d{{6,12}}|{_HANDLE})|\W{{0,3}}(?:\+(?:[\s().-]?\d){{9}}[\d\s-]*|{_AT})"
_AFTER = {
    "channels": re.compile(
        rf"{_NO}(?:\+?\d(?:[\s().-]{{0,2}}\d){{6,}}|{_AT})|(?:{_COLON}|\s?(?:id|ID)\s){_HANDLE}|(?<=ไอดีไลน์)\s?{_HANDLE}"
    ),
    "loose_channels": re.compile(_LOOSE),
    "phones": re.compile(rf"{_NO}(?:{_CALLABLE}|{_AT})"),
}
_AFTER_APP = re.compile(rf"{_LOOSE}|\W{{0,3}}{_DIALLED}|(?:{_COLON}|\s(?:is|=)\s)(?:{_NAME}|{_HANDLE})")
_ARTICLES = frozenset({"tele", "line", "signal"})
"""Loose channels that are words of many articles too."""

_DIRECTLY = re.compile(
    r"\W{0,3}(?:(?:me|us|on|our|my|via|at|to|by|in|no|em|por|en|di|ke|lewat|в|на|по|через)\W{1,3}){0,3}"
)
_ELSEWHERE = re.compile(r"\b(?:or|and|notifications?)\b", re.IGNORECASE)
"""Between an invitation and a channel that it is not about ("a message or app notification from Facebook")."""

_HANDLE_INVITED = re.compile(rf"\W{{0,3}}{_AT}")
_PHONE = re.compile(r"(?<![\w.,])\+\d{1,3}[\s().-]*\d(?:[\s().-]?\d){6,12}(?![\w])")
# Makers' and importers' own addresses belong to the particulars of an article; those that anybody can have do not.
_MAIL = re.compile(
    r"(?<![\w.])[\w.+-]{3,40}@(?:gmail|googlemail|qq|163|126|foxmail|hotmail|outlook|live|yahoo|ymail|icloud|aol|protonmail|"
    r"proton|yandex|mail|rambler)\.(?:com|me|ru|cn|net|co)(?:\.[a-z]{2})?\b",
    re.IGNORECASE,
)


def contacts(matches: list[Match[str]], reading: Reading) -> list[str]:
    """The fragments of a text that lead past the marketplace, as they are written."""
    text = reading.original
    invitations = [match for match in matches if match.payload == "invitations"]
    quotes = [text[match.start : match.end] for match in matches if match.payload == "outside"]
    quotes += _channels(matches, invitations, text)
    for more in (evasions(text), _handles(invitations, text), _found(_PHONE, text), _found(_MAIL, text)):
        said = " ".join(quotes)
        quotes += [quote for quote in more if quote not in said]
    return quotes


def _channels(matches: list[Match[str]], invitations: list[Match[str]], text: str) -> list[str]:
    """Channels with a number, a handle or an invitation."""
    quotes, covered = [], -1
    for match in matches:
        if match.payload not in _AFTER or match.start < covered:
            continue
        number = _after(match, text).match(text, match.end, match.end + _NUMBER_REACH)
        invited = next((one for one in invitations if _invites(one, match, text)), None)
        if number or (invited and _is_messenger(match, text)):
            start = invited.start if invited else match.start
            covered = number.end() if number else match.end
            quotes.append(text[start:covered])
    return quotes


def _after(match: Match[str], text: str) -> re.Pattern[str]:
    """What makes a channel one if it stands behind it."""
    return _AFTER_APP if _is_app(match, text) else _AFTER[match.payload]


def _invites(invitation: Match[str], channel: Match[str], text: str) -> bool:
    """Whether an invitation is to a channel."""
    between = text[invitation.end : channel.start]
    return 0 <= channel.start - invitation.end <= _INVITATION_REACH and not (
        _ELSEWHERE.search(between) or (_is_app(channel, text) and not _DIRECTLY.fullmatch(between))
    )


def _is_app(match: Match[str], text: str) -> bool:
    """Whether a loose channel is the short name of an app, and no article."""
    return match.payload == "loose_channels" and text[match.start : match.end].casefold() not in _ARTICLES


def _is_messenger(match: Match[str], text: str) -> bool:
    """Whether a channel is one even without a number; short names may be part of an article ("viber" is fibre)."""
    channel = text[match.start : match.end]
    if match.payload == "channels":
        return len(channel) > 5 or not channel.isascii()
    return _is_app(match, text) and not text.startswith("-", match.end)


def _handles(invitations: list[Match[str]], text: str) -> list[str]:
    """Invitations to somebody by name ("DM @shop")."""
    found = ((one, _HANDLE_INVITED.match(text, one.end)) for one in invitations)
    return [text[one.start : handle.end()] for one, handle in found if handle]


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [found.group() for found in pattern.finditer(text)]
