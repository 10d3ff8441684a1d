"""Euphemisms, denials, assurances and contact past the marketplace."""

import pytest

from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.lexicon import Lexicon
from trueshelf.models.signals.spec import Finding, Part
from trueshelf.models.signals.words import measure_words
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


def test_what_is_denied_is_counted_apart() -> None:
    values = part("Not a replica").values
    assert (values["replica_denied"], values["replica_terms"]) == (1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "100 original Super 99 rain repellent",
        "original Super Mario game",
        "Transistor original super",
        "Maison Margiela REPLICA perfume",
        "Adidas official replica jersey",
        "Jeans bootleg cut",
        "Pilhas triple A",
        "Multiplek KW1 12mm",
        "1a linha de pesca",
        "Linha premium Nestlé",
        "Clean factory reset",
        "Reps 1:1 gym",
        "原单位 采购",
        "真标签 印刷",
        "复刻回忆 CD",
        "黑胶唱片 复刻",
        "hàng Quảng Châu",
    ],
)
def test_names_and_grades_of_honest_goods_are_no_euphemisms(text: str) -> None:
    assert findings(text, ReasonCode.REPLICA_TERM) == []


@pytest.mark.parametrize("text", ["sepatu Original Super", "tas KW1", "bolso triple A", "耐克 复刻"])
def test_grades_count_where_goods_have_none(text: str) -> None:
    assert findings(text, ReasonCode.REPLICA_TERM)


@pytest.mark.parametrize("text", ["Tipo de cuello: polo. Tipo: camisetas", "Mirror wall sticker", "เสื้อทรงสลิม"])
def test_everyday_words_are_no_hints(text: str) -> None:
    assert part(text).values["replica_hints"] == 0


def test_contacts_are_quoted_with_their_field() -> None:
    [finding] = part("Bag", "Ask first. WhatsApp +86 138 1234 5678").findings
    assert finding.code is ReasonCode.CONTACT_OUTSIDE
    assert finding.evidence == {"found": "WhatsApp +86 138 1234 5678", "field": "description"}


def test_assurances_count_only_when_many() -> None:
    assert findings("Original Nike shoes, 100% authentic", ReasonCode.AUTHENTICITY_INSISTED) == []
    text = "100% original, authentic, genuine! Guaranteed, legit, not fake"
    [finding] = findings(text, ReasonCode.AUTHENTICITY_INSISTED)
    assert finding.value >= 5


def test_warranties_and_original_parts_insist_on_nothing() -> None:
    warranty = "Guaranteed. Garansi 1 tahun. Bảo hành 12 tháng. Гарантия. Garantizado. Garantido. Bergaransi."
    parts = "Original ink cartridge, tinta asli, toner original, genuine spare part, ori cartridge, kartrid asli"
    for text in (warranty, parts):
        assert part(text).values["assurances"] == 0
        assert findings(text, ReasonCode.AUTHENTICITY_INSISTED) == []
