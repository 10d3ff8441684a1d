"""How prices are read, one by one and by what the rest of their table tells."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.amounts import NOTHING, Convention, Decimal, parse_amount


@pytest.mark.parametrize("text", [*sorted(NOTHING), " N/A ", "NaN", "NULL", "None"])
def test_words_for_nothing_are_no_price(text: str) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize(
    ("text", "value", "currencies"),
    [
        ("12.50", 12.5, ()),
        ("2,50", 2.5, ()),
        ("1.299,00", 1299.0, ()),
        ("1,299.00", 1299.0, ()),
        ("1.299.000", 1_299_000.0, ()),
        ("1'299.50", 1299.5, ()),
        ("1 299,50 ₽", 1299.5, ("RUB",)),
        ("1\u202f299,50", 1299.5, ()),
        ("0.125", 0.125, ()),
        (".5", 0.5, ()),
        ("1e3", 1000.0, ()),
        ("12,-", 12.0, ()),
        ("€ 12.50", 12.5, ("EUR",)),
        ("12,5 €", 12.5, ("EUR",)),
        ("USD 12", 12.0, ("USD",)),
        ("US$ 12", 12.0, ("USD",)),
        ("$12 USD", 12.0, ("USD",)),
        ("R$ 1.299,00", 1299.0, ("BRL",)),
        ("¥99", 99.0, ("CNY", "JPY")),
        ("￥９９", 99.0, ("CNY", "JPY")),
        ("5 руб.", 5.0, ("RUB",)),
    ],
)
def test_what_says_itself_how_it_is_read(text: str, value: float, currencies: Sequence[str]) -> None:
    amount = parse_amount(text)
    assert amount is not None
    assert not amount.ambiguous("EUR")
    assert {amount.value("EUR", decimal) for decimal in (None, *Decimal)} == {value}
    assert amount.currencies == currencies


@pytest.mark.parametrize("text", ["cheap", "-5", "-$5", "−5", "inf", "1e999", "12.50.3", "€12 USD", "12-13", "9" * 400])
def test_what_is_no_price_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("others", "otherwise", "value"),
    [
        (["2,50"], None, 1299.0),
        (["2.50"], None, 1.299),
        (["2.50", "1,250.00", "3,5"], None, 1.299),
        ([], None, 1299.0),
        ([], Decimal.POINT, 1.299),
    ],
)
def test_the_rest_of_the_table_decides(others: Sequence[str], otherwise: Decimal | None, value: float) -> None:
    amounts = [amount for text in ("1.299", *others) if (amount := parse_amount(text))]
    convention = Convention.of(((amount, "EUR") for amount in amounts), otherwise=otherwise)
    assert amounts[0].value("EUR", convention.decimal) == value
    assert f"1 such as '1.299', read as {value:g}" in convention.assumed


def test_a_table_without_doubt_needs_no_assumption() -> None:
    amounts = [amount for text in ("12", "2,50") if (amount := parse_amount(text))]
    assert Convention.of((amount, "EUR") for amount in amounts) == Convention(Decimal.COMMA)


def test_currencies_without_cents_have_thousands_only() -> None:
    amount = parse_amount("Rp 25.000")
    assert amount is not None
    assert amount.value("IDR", Decimal.POINT) == 25_000
    assert Convention.of([(amount, "IDR")]).assumed == ""


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from(Decimal), st.sampled_from(["", "€", "$ "]))
def test_what_is_written_is_read(whole: int, cents: int, decimal: Decimal, sign: str) -> None:
    text = f"{whole:,}".replace(",", decimal.other.value) + f"{decimal.value}{cents:02}"
    amount = parse_amount(sign + text)
    assert amount is not None
    assert amount.tells is decimal
    assert amount.value("USD", None) == pytest.approx(whole + cents / 100)
