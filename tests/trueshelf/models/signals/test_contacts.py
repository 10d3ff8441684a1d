"""Ways past the marketplace, and numbers that are none."""

import pytest

from trueshelf.listings.text import read
from trueshelf.models.signals.contacts import contacts
from trueshelf.models.signals.lexicon import Lexicon

LEXICON = Lexicon.default()


def found(text: str) -> list[str]:
    reading = read(text)
    return contacts(LEXICON.find(reading), reading)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("WhatsApp +86 138 1234 5678", "WhatsApp +86 138 1234 5678"),
        ("WhatsApp 1234567", "WhatsApp 1234567"),
        ("wechat: shop0815", "wechat: shop0815"),
        ("(zalo) 0912345678", "zalo) 0912345678"),
        ("add me on telegram", "add me on telegram"),
        ("加微信 abc123", "加微信"),
        ("liên hệ zalo 0912345678", "liên hệ zalo 0912345678"),
        ("пишите в телеграм @shop", "пишите в телеграм @shop"),
        ("call +7 912 345 67 89", "call +7 912 345 67 89"),
        ("тел 8 912 345-67-89", "тел 8 912 345-67-89"),
        ("tel (11) 91234-5678", "tel (11) 91234-5678"),
        ("call 555-123-4567 now", "call 555-123-4567"),
        ("电话 138 1234 5678", "电话 138 1234 5678"),
        ("โทร : 0812345678", "โทร : 0812345678"),
        ("HP 0812-3456-7890", "HP 0812-3456-7890"),
        ("hp/wa 081234567890", "hp/wa 081234567890"),
        ("Line: @shop99", "Line: @shop99"),
        ("LINE ID: shop99", "LINE ID: shop99"),
        ("tele @shop", "tele @shop"),
        ("QQ:12345678", "QQ:12345678"),
        ("WA +62 812 3456 7890", "WA +62 812 3456 7890"),
        ("cheaper, pay outside the app", "pay outside"),
        ("DM @shoes_direct", "DM @shoes_direct"),
        ("dm me on ig shoesdirect", "dm me on ig"),
        ("dm ig: shoesdirect", "dm ig"),
        ("ig @shoesdirect", "ig @shoesdirect"),
        ("insta: kicks_factory", "insta: kicks_factory"),
        ("my insta is kicks_factory", "insta is kicks_factory"),
        ("tg: @fast_shop", "tg: @fast_shop"),
        ("пишите в тг", "пишите в тг"),
        ("wa 0812-3456-7890", "wa 0812-3456-7890"),
        ("W.A 0812 3456 7890", "W.A 0812 3456 7890"),
        ("ig/wa 081234567890", "wa 081234567890"),
        ("whatApps 0103885470", "whatApps 0103885470"),
        ("wechat id fastshop88", "wechat id fastshop88"),
        ("ไอดีไลน์ kicks99", "ไอดีไลน์ kicks99"),
        ("chama no zap", "chama no zap"),
        ("photos: kicks.factory@gmail.com", "kicks.factory@gmail.com"),
        ("微信 abc888", "微信 abc888"),
        ("vx同号 13812345678", "vx同号 13812345678"),
        ("加vx abc8888", "加vx abc8888"),
        ("加薇abc8888", "加薇abc8888"),
        ("➕薇：abc8888", "➕薇：abc8888"),
        ("薇❤: abc8888", "薇❤: abc8888"),
        ("加微❤️ abc888", "加微❤️ abc888"),
        ("威：abc12345", "威：abc12345"),
        ("w信 abc888", "w信 abc888"),
    ],
)
def test_contacts(text: str, fragment: str) -> None:
    assert found(text)[0] == fragment


@pytest.mark.parametrize(
    "text",
    [
        "smartwatch shows WhatsApp messages",
        "EAN 4006381333931",
        "fishing line 0.3 mm",
        "model 2024-10-12",
        "Tinta HP 8210 8710 8720",
        "HP 680 2135 1115 3635",
        "HP: 564 364 862 178",
        "Tele 70-200 300-400 lens",
        "Line 6 2000 5000 guitar",
        "Line: 100% cotton",
        "Line: 2000 5000",
        "Phone 8 1234 5678",
        "koper viber 20 24 28",
        "ชำระเงินออนไลน์ 1234567",
        "message or app notification (Facebook, Instagram)",
        "Vest ig 2024 wa",
        "add insta-dry finish",
        "dm 100 mm lens",
        "Shipping from WA, 12345678",
        "questions: service@maker.com",
        "加V领针织衫2024新款",
        "薇诺娜特护霜50g",
        "添加微量元素12345678",
        "雅漾 薇 abc",
        "卫星天线 GPS12345",
        "电压V：220",
        "DC12V：AC220V",
        "raincoat vx abc12345",
    ],
)
def test_numbers_that_nobody_can_call(text: str) -> None:
    assert found(text) == []


def test_a_number_is_quoted_once() -> None:
    assert found("contact us on WhatsApp +44 7700 900123") == ["contact us on WhatsApp +44 7700 900123"]
