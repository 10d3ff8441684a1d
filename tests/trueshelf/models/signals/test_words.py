"""Euphemisms, denials, assurances and contact past the marketplace."""

import pytest

from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.spec import Finding, Part
from trueshelf.models.signals.words import Lexicon, measure_words
from trueshelf.models.signals.writing import Writing
from trueshelf.testing import make_listing

LEXICON = Lexicon.default()


def part(title: str, description: str = "") -> Part:
    return measure_words(Writing.of(make_listing(title=title, description=description)), LEXICON)


def findings(text: str, code: ReasonCode) -> list[Finding]:
    return [finding for finding in part(text).findings if finding.code is code]


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("Nike shoes replica", "replica"),
        ("bag mirror quality", "mirror quality"),
        ("watch first copy", "first copy"),
        ("r3plica watch", "r3plica"),
        ("r e p l i c a watch", "r e p l i c a"),
        ("RЕPLIСA watch", "RЕPLIСA"),
        ("shoes 1:1 quality", "1:1 quality"),
        ("耐克 高仿 鞋", "高仿"),
        ("耐克 高 仿 鞋", "高 仿"),
        ("莆田鞋 纯原", "莆田鞋"),
        ("bolso réplica", "réplica"),
        ("tênis primeira linha", "primeira linha"),
        ("sepatu kw super", "kw super"),
        ("sepatu original super", "original super"),
        ("กระเป๋าเกรดพรีเมียม", "เกรดพรีเมียม"),
        ("รองเท้างานก๊อป", "งานก๊อป"),
        ("giày hàng rep", "hàng rep"),
        ("giay hang rep", "hang rep"),
        ("giày siêu cấp", "siêu cấp"),
        ("часы реплика", "реплика"),
        ("сумка люкс копия", "люкс копия"),
    ],
)
def test_euphemisms_are_found_and_quoted(text: str, fragment: str) -> None:
    assert findings(text, ReasonCode.REPLICA_TERM)[0].evidence["found"] == fragment


@pytest.mark.parametrize(
    "text",
    [
        "Not a replica",
        "This is not a replica and not a copy.",
        "no réplica, 100% original",
        "não é réplica",
        "bukan replika",
        "không phải hàng rep",
        "не реплика",
        "非高仿",
        "ไม่ใช่งานก๊อป",
        "beware of replica sellers",
        "die-cast replica of a racing car",
        "scale replica 1:18",
        "AAA batteries",
        "genuine leather boots",
    ],
)
def test_denials_and_honest_uses_are_not(text: str) -> None:
    assert findings(text, ReasonCode.REPLICA_TERM) == []


def test_a_denial_reaches_no_further_than_its_sentence() -> None:
    assert findings("Not for kids. Replica watch", ReasonCode.REPLICA_TERM)
    assert part("Not a replica").values["replica_denied"] == 1


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("WhatsApp +86 138 1234 5678", "WhatsApp +86 138 1234 5678"),
        ("add me on telegram", "add me on telegram"),
        ("加微信 abc123", "加微信"),
        ("liên hệ zalo 0912345678", "liên hệ zalo 0912345678"),
        ("пишите в телеграм @shop", "пишите в телеграм @shop"),
        ("call +7 912 345 67 89", "call +7 912 345 67 89"),
        ("cheaper, pay outside the app", "pay outside"),
    ],
)
def test_contact_past_the_marketplace(text: str, fragment: str) -> None:
    assert findings(text, ReasonCode.CONTACT_OUTSIDE)[0].evidence["found"] == fragment


@pytest.mark.parametrize(
    "text", ["smartwatch shows WhatsApp messages", "EAN 4006381333931", "fishing line 0.3 mm", "model 2024-10-12"]
)
def test_no_contact(text: str) -> None:
    assert findings(text, ReasonCode.CONTACT_OUTSIDE) == []


def test_assurances_count_only_when_many() -> None:
    assert findings("Original Nike shoes, 100% authentic", ReasonCode.AUTHENTICITY_INSISTED) == []
    text = "100% original, authentic, genuine! Guaranteed, legit, not fake"
    [finding] = findings(text, ReasonCode.AUTHENTICITY_INSISTED)
    assert finding.value >= 5


def test_the_lexicon_survives_json_and_misses_no_group() -> None:
    assert Lexicon.from_dict(LEXICON.to_dict()) == LEXICON
    with pytest.raises(ValueError, match=r"no groups .*replica"):
        Lexicon.from_dict({"weak": []})
