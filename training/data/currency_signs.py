"""The signs that people write beside a price, and the currencies that each may stand for."""

from collections.abc import Mapping

from trueshelf.listings.currencies import default_rates

_DOLLARS = ("USD", "ARS", "AUD", "BSD", "CAD", "CLP", "COP", "HKD", "MXN", "NZD", "SGD", "TWD", "UYU")

_SIGNS: Mapping[str, tuple[str, ...]] = {
    "€": ("EUR",),
    "£": ("GBP",),
    "₽": ("RUB",),
    "฿": ("THB",),
    "₫": ("VND",),
    "đ": ("VND",),
    "₹": ("INR",),
    "₩": ("KRW",),
    "₺": ("TRY",),
    "₴": ("UAH",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "₪": ("ILS",),
    "₸": ("KZT",),
    "rp": ("IDR",),
    "rm": ("MYR",),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "руб": ("RUB",),
    "р": ("RUB",),
    "元": ("CNY",),
    "円": ("JPY",),
    "¥": ("CNY", "JPY"),
    "cn¥": ("CNY",),
    "jp¥": ("JPY",),
    "$": _DOLLARS,
    "us$": ("USD",),
    "r$": ("BRL",),
    "a$": ("AUD",),
    "ca$": ("CAD",),
    "c$": ("CAD",),
    "hk$": ("HKD",),
    "mx$": ("MXN",),
    "nt$": ("TWD",),
    "nz$": ("NZD",),
    "s$": ("SGD",),
    "kr": ("DKK", "ISK", "NOK", "SEK"),
    "rs": ("INR", "LKR", "NPR", "PKR"),
}
"""By the sign in small letters and without a full stop."""

WITHOUT_CENTS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "IDR", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF")
)
"""Currencies with no smaller unit in ISO 4217, and the rupiah, whose cents are never written: `25.000` is 25 000."""


def currencies_of(sign: str) -> tuple[str, ...]:
    """What a sign or a code of ISO 4217 may stand for; empty where it is neither."""
    code = sign.upper()
    return (code,) if code in default_rates() else _SIGNS.get(bare_sign(sign.casefold()), ())


def bare_sign(text: str) -> str:
    """A sign without what is written around it: `Rp.` is `Rp`."""
    return text.strip(" .+")
