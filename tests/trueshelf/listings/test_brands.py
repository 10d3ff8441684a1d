"""Brands claimed, fitted and imitated in texts of many languages."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.listings.brands import BrandTable, MentionKind

TABLE = BrandTable.default()
REAL_TITLES = Path(__file__).parents[4] / "shared/data/marketplace_listings"


def kinds(text: str, *, category: str | None = None, claimed: str | None = None) -> list[tuple[str, str]]:
    return [(mention.brand, mention.kind.value) for mention in TABLE.find(text, category=category, claimed=claimed)]


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        ("Nike Pegasus 40", "Nike"),
        ("耐克 运动鞋 男", "Nike"),
        ("红色New BalanceT恤", "New Balance"),
        ("รองเท้าไนกี้ ของแท้", "Nike"),
        ("Кроссовки Найк", "Nike"),
        ("阿迪达斯三叶草", "Adidas"),
        ("Sac Louis Vuitton neuf", "Louis Vuitton"),
        ("LOUIS  VUITTON", "Louis Vuitton"),
        ("H&M dress", "H&M"),
        ("Hermes scarf", "Hermès"),
        ("Hermès scarf", "Hermès"),
        ("iPhone 15 Pro Max", "Apple"),
        ("Shoes for men Nike", "Nike"),
        ("Sepatu untuk pria Adidas", "Adidas"),
        ("Giày cho nam Adidas", "Adidas"),
        ("tênis para mulher Reebok", "Reebok"),
        ("кроссовки для бега Reebok", "Reebok"),
    ],
)
def test_claims(text: str, brand: str) -> None:
    assert kinds(text) == [(brand, "claim")]


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        ("Case for iPhone 15", "Apple"),
        ("Strap compatible with the Garmin Forerunner", "Garmin"),
        ("Capa para Samsung A54", "Samsung"),
        ("Чехол для Xiaomi 13", "Xiaomi"),
        ("适用华为手机壳", "Huawei"),
        ("适用于全新三星手机壳", "Samsung"),
        ("เคสสำหรับซัมซุง", "Samsung"),
        ("Ốp lưng cho Samsung S23", "Samsung"),
        ("Casing untuk Xiaomi", "Xiaomi"),
        ("Dyson compatible filter", "Dyson"),
        ("华为专用充电器", "Huawei"),
        ("charger for Samsun", "Samsung"),
    ],
)
def test_compatible(text: str, brand: str) -> None:
    assert kinds(text) == [(brand, "compatible")]


def test_a_list_of_what_it_fits_claims_nothing() -> None:
    text = "Cable for iPhone 15 14 13, Samsung S23 Ultra, Xiaomi / Huawei"
    assert {kind for _, kind in kinds(text)} == {"compatible"}
    assert kinds("Cable for Samsung. Genuine Huawei") == [("Samsung", "compatible"), ("Huawei", "claim")]


@pytest.mark.parametrize(
    "text",
    [
        "casing iphone",
        "iPhone 13 Pro Max case",
        "funda para celular iPhone 11",
        "เคส iphone 15",
        "手机壳 iphone",
        "чехол iPhone",
    ],
)
def test_a_case_for_a_machine_claims_nothing(text: str) -> None:
    assert kinds(text) == [("Apple", "compatible")]


@pytest.mark.parametrize(
    "text",
    [
        "iPhone 13 256GB + free case",
        "iPhone 13 with case",
        "iPhone 13 送手机壳",
        "iPhone 13. Case included",
        "iPhone charger",
        "Samsung case",
    ],
)
def test_a_machine_that_comes_with_a_case_is_claimed(text: str) -> None:
    assert [kind for _, kind in kinds(text)] == ["claim"]


def test_a_case_is_claimed_by_a_brand_field_with_its_makers_name() -> None:
    assert kinds("iPhone 13 case", claimed="Apple") == [("Apple", "claim")]
    assert kinds("iPhone 13 case", claimed="Samsung") == [("Apple", "compatible")]


@pytest.mark.parametrize(
    ("text", "brand", "found"),
    [
        ("N1ke air shoes", "Nike", "N1ke"),
        ("Nіke shoes", "Nike", "Nіke"),
        ("A d i d a s", "Adidas", "A d i d a s"),
        ("ADlDAS", "Adidas", "ADlDAS"),
        ("Addidas", "Adidas", "Addidas"),
        ("Guccii belt", "Gucci", "Guccii"),
        ("Lou1s Vu1tton", "Louis Vuitton", "Lou1s Vu1tton"),
        ("Louis Vuiton", "Louis Vuitton", "Louis Vuiton"),
        ("Rol-ex watch", "Rolex", "Rol-ex"),
        ("Sam sung phone", "Samsung", "Sam sung"),
        ("B*rberry", "Burberry", "B*rberry"),
        ("App1e phone", "Apple", "App1e"),
    ],
)
def test_lookalikes(text: str, brand: str, found: str) -> None:
    [mention] = TABLE.find(text)
    assert (mention.brand, mention.kind, mention.found) == (brand, MentionKind.LOOKALIKE, found)
    assert text[mention.start : mention.end] == found


@pytest.mark.parametrize(
    "text",
    [
        "Nice mike at the channel",
        "apple pie recipe",
        "Mind the gap",
        "Guess what is inside",
        "fresh mango juice",
        "puma animal picture",
        "diesel engine oil filter",
        "16GB RAM 1G",
        "casino chips, cannon, carrier bag",
        "苹果 水果 5斤",
        "Brown leather",
        "son y padre",
        "fil a coudre",
    ],
)
def test_ordinary_words_are_no_brands(text: str) -> None:
    assert kinds(text) == []


def test_ambiguous_words_count_in_company() -> None:
    assert kinds("Gap") == []
    assert kinds("Gap hoodie") == [("Gap", "claim")]
    assert kinds("Coach", category="Women > Handbags > handbag") == [("Coach", "claim")]
    assert kinds("coach ticket", claimed="Coach") == [("Coach", "claim")]
    assert kinds("Apple MacBook") == [("Apple", "claim"), ("Apple", "claim")]
    assert kinds("苹果手机") == [("Apple", "claim")]


def test_the_brand_field_is_taken_by_its_exact_name() -> None:
    assert TABLE.named(" NIKE ") == "Nike"
    assert TABLE.named("耐克") == "Nike"
    assert TABLE.named("No brand") is None
    assert TABLE.named("") is None


@pytest.mark.parametrize(
    "field",
    [
        *("", " ", "-", "No Brand", "NO-BRAND", "OEM", "Generic", "unbranded", "Tanpa merek", "sem marca", "Sin Marca"),
        *("无品牌", "ไม่มียี่ห้อ", "không", "нет бренда"),
    ],
)
def test_a_brand_field_may_say_that_there_is_none(field: str) -> None:
    assert TABLE.says_none(field)


@pytest.mark.parametrize("field", ["Acme", "Nike", "No Fear", "Generic Surplus"])
def test_other_brand_fields_name_something(field: str) -> None:
    assert not TABLE.says_none(field)


def test_every_brand_is_found_by_each_of_its_names() -> None:
    for brand in TABLE.brands:
        for name in brand.names:
            assert TABLE.named(name) is not None
            assert brand.name in {mention.brand for mention in TABLE.find(name, claimed=brand.name)}, name


def test_the_table_survives_json() -> None:
    assert BrandTable.from_dict(json.loads(json.dumps(TABLE.to_dict()))) == TABLE
    content = TABLE.to_dict()
    content["brands"] = [{"name": "Acme", "goods": ["anvils"]}]
    with pytest.raises(ValueError, match=r"Acme sells .*anvils"):
        BrandTable.from_dict(content)


@given(st.text(alphabet=st.characters(codec=None), max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    for mention in TABLE.find(text, category=text, claimed=text):
        assert mention.found == text[mention.start : mention.end]


@pytest.mark.skipif(not REAL_TITLES.is_dir(), reason="the collection of real listings is not here")
def test_few_false_lookalikes_in_real_titles() -> None:
    titles = []
    for name in ("lazada", "shopee"):
        with gzip.open(REAL_TITLES / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            titles += [json.loads(line)["title"] for line in lines]
    imitated = {
        mention.found for title in titles for mention in TABLE.find(title) if mention.kind is MentionKind.LOOKALIKE
    }
    assert len(titles) == 2000
    assert len(imitated) <= 3, imitated


def test_brands_compete_where_they_sell_the_same_kind_of_goods() -> None:
    assert TABLE.compete("Nike", "Adidas")
    assert not TABLE.compete("Nike", "Samsung")
