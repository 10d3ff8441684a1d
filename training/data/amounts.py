"""Prices as people and tables write them: with signs of currencies, decimal commas, and signs between thousands.

`1.299,00` and `1,299.00` say which sign is the decimal one; `1.299` does not, and is read as the rest of its table is.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from training.data.currency_signs import WITHOUT_CENTS, bare_sign, currencies_of


class Decimal(StrEnum):
    """The sign before the cents."""

    POINT = "."
    COMMA = ","

    @property
    def other(self) -> "Decimal":
        return Decimal.COMMA if self is Decimal.POINT else Decimal.POINT


NOTHING = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "nat", "none", "null"})
"""How tables write that a cell is empty."""

_SCIENTIFIC = re.compile(r"\+?\d*\.?\d+e[+-]?\d+")
_BARE_FRACTION = re.compile(r"\+?([.,]\d+)")
_SIGNED = re.compile(r"(?P<before>\D*)(?P<number>\d(?:[\d.,'’ ]*\d)?)(?P<after>\D*)")
_NO_CENTS = re.compile(r"^[.,][-–—]+")

_NUMBER = {
    decimal: re.compile(
        rf"(?P<whole>\d+|[1-9]\d{{0,2}}(?:(?P<between>[ '’{re.escape(decimal.other)}])\d{{3}})(?:(?P=between)\d{{3}})*)"
        rf"(?:{re.escape(decimal)}(?P<cents>\d+))?"
    )
    for decimal in Decimal
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A price as it is written.

    Attributes:
        readings: what it comes to with each decimal sign that it can be read with.
        currencies: what its sign of a currency may stand for; empty where it has none.
    """

    text: str
    readings: Mapping[Decimal, float]
    currencies: tuple[str, ...] = ()

    def currency(self, named: str, default: str) -> str:
        """The code of its currency: what its row names, else what its sign stands for alone, else the table's."""
        return named or (self.currencies[0] if len(self.currencies) == 1 else default)

    def ambiguous(self, currency: str) -> bool:
        return len(set(self.readings.values())) > 1 and currency not in WITHOUT_CENTS

    @property
    def tells(self) -> Decimal | None:
        """The decimal sign without which it could not be read."""
        return next(iter(self.readings)) if len(self.readings) == 1 else None

    def value(self, currency: str, decimal: Decimal | None) -> float:
        """In major units. Where it is ambiguous and no decimal sign is given, the sign in it groups thousands: hardly
        any currency has three decimals."""
        grouped = max(self.readings.values())
        return self.readings.get(decimal, grouped) if decimal and self.ambiguous(currency) else grouped


def parse_amount(text: str) -> Amount | None:
    """A price as it is written; None where it is one of the words for nothing.

    Raises:
        ValueError: it is no number, not finite, negative, or has a sign that is no known currency's.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if plain in NOTHING:
        return None
    if _SCIENTIFIC.fullmatch(plain):
        return Amount(text, dict.fromkeys(Decimal, _finite(text, plain)))
    if fraction := _BARE_FRACTION.fullmatch(plain):
        return Amount(text, dict.fromkeys(Decimal, _finite(text, fraction[1].replace(",", "."))))
    found = _SIGNED.fullmatch(plain)
    if found is None:
        raise ValueError(f"{text!r} is not a number such as 12.50")
    signs = [sign for part in (found["before"], _NO_CENTS.sub("", found["after"])) if (sign := bare_sign(part))]
    if any("-" in sign or "−" in sign for sign in signs):
        raise ValueError(f"{text!r} is not a finite, positive amount")
    return Amount(text, _readings(text, found["number"]), _currencies(text, signs))


@dataclass(frozen=True, slots=True)
class Convention:
    """How the ambiguous prices of one table are read.

    Attributes:
        decimal: None where nothing tells, and an ambiguous sign groups thousands.
        assumed: what was assumed, for people; empty where nothing had to be.
    """

    decimal: Decimal | None
    assumed: str = ""

    @classmethod
    def of(cls, prices: Iterable[tuple[Amount, str]], *, otherwise: Decimal | None = None) -> "Convention":
        """The convention that most of a table's unambiguous prices follow; `otherwise` where there are none.

        Args:
            prices: amounts with the code of their currency.
        """
        told: Counter[Decimal] = Counter()
        examples: dict[Decimal, str] = {}
        doubtful: list[tuple[Amount, str]] = []
        for amount, currency in prices:
            if amount.ambiguous(currency):
                doubtful.append((amount, currency))
            elif amount.tells:
                told[amount.tells] += 1
                examples.setdefault(amount.tells, amount.text)
        decimal = max(told, key=lambda sign: (told[sign], sign is otherwise)) if told else otherwise
        return cls(decimal, _assumed(doubtful, decimal, examples) if doubtful else "")


def _assumed(doubtful: Sequence[tuple[Amount, str]], decimal: Decimal | None, examples: Mapping[Decimal, str]) -> str:
    first, currency = doubtful[0]
    why = "no price tells which sign is the decimal one"
    if decimal is not None and not examples:
        why = f"numbers of this format have the decimal sign {decimal.value!r}"
    elif decimal is not None:
        why = f"the decimal sign is {decimal.value!r} in {examples[decimal]!r}"
        why += f", though {decimal.other.value!r} in {examples[decimal.other]!r}" if len(examples) > 1 else ""
    read = f"{len(doubtful)} such as {first.text!r}, read as {first.value(currency, decimal):.10g}"
    return f"prices that could be read in two ways: {read}, since {why}; --decimal . or --decimal , settles it"


def _readings(text: str, number: str) -> dict[Decimal, float]:
    readings = {}
    for decimal, pattern in _NUMBER.items():
        if found := pattern.fullmatch(number):
            whole = re.sub(r"\D", "", found["whole"])
            readings[decimal] = _finite(text, f"{whole}.{found['cents'] or 0}")
    if not readings:
        raise ValueError(f"{text!r} is not a number such as 12.50")
    return readings


def _finite(text: str, number: str) -> float:
    amount = float(number)
    if not math.isfinite(amount):
        raise ValueError(f"{text!r} is not a finite, positive amount")
    return amount


def _currencies(text: str, signs: Iterable[str]) -> tuple[str, ...]:
    """What all of the signs may stand for at once: `US$ 12` is in one currency, and so is `$12 USD`."""
    left: tuple[str, ...] | None = None
    for sign in signs:
        meant = currencies_of(sign)
        left = meant if left is None else tuple(code for code in left if code in meant)
        if not left:
            raise ValueError(f"{text!r} is not a number such as 12.50")
    return left or ()
