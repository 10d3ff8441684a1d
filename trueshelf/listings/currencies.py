"""Currencies: which codes there are, and roughly what they are worth."""

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from trueshelf.listings.records import Money


@cache
def default_rates() -> Mapping[str, float]:
    """US dollars for one unit of each active ISO 4217 currency: rounded, of the date in `currencies.toml`."""
    text = resources.files("trueshelf.listings").joinpath("currencies.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text)["rates"])


def check_currency(code: str) -> str:
    """The code itself where it is one of ISO 4217's.

    Raises:
        ValueError: it is not.
    """
    if code not in default_rates():
        raise ValueError(f"currency {code!r} is no active ISO 4217 code such as USD")
    return code


def in_dollars(money: Money | None, rates: Mapping[str, float]) -> float:
    """An amount in US dollars; NaN where there is none, its rate is unknown, or it is no positive number in either
    currency: 5e-324 rupiahs are 0.0 dollars."""
    dollars = math.nan if money is None else money.amount * rates.get(money.currency, math.nan)
    return dollars if 0 < dollars < math.inf else math.nan
