"""Currencies and what they are worth."""

import math

import pytest

from trueshelf.listings import Money, check_currency, default_rates, in_dollars


def test_known_codes_pass_and_others_are_named() -> None:
    assert check_currency("VND") == "VND"
    assert len(default_rates()) > 150
    assert all(len(code) == 3 and code.isupper() and rate > 0 for code, rate in default_rates().items())
    for code in ("", "usd", "XXX", "HRK", "\ud800"):
        with pytest.raises(ValueError, match="no active ISO 4217"):
            check_currency(code)


def test_conversion() -> None:
    assert in_dollars(Money(200.0, "THB"), {"THB": 0.03}) == pytest.approx(6)


@pytest.mark.parametrize(
    "money",
    [
        None,
        Money(math.nan, "USD"),
        Money(math.inf, "USD"),
        Money(0, "USD"),
        Money(-3, "USD"),
        Money(5, "???"),
        Money(5e-324, "IDR"),
    ],
)
def test_what_cannot_be_converted_is_not_a_number(money: Money | None) -> None:
    assert math.isnan(in_dollars(money, default_rates()))
