"""Words in letters that hide what they say."""

import pytest

from trueshelf.models.signals.letters import disguised_words, styled_words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("new Niкe shoes", "Niкe"),
        ("Νike with a Greek N", "Νike"),
        ("RЕPLIСA watch", "RЕPLIСA"),
        ("чехол айPhone", "айPhone"),
        ("телефон Mи 11", "Mи"),
        ("телефон Mи11 Lite", "Mи"),
        ("Ni\u200bke", "Ni\u200bke"),
        ("Gu\ud800cci bag", "Gu\ud800cci"),
        ("高\u200b仿", "高\u200b仿"),
    ],
)
def test_disguises(text: str, word: str) -> None:
    assert disguised_words(text, []) == [word]


@pytest.mark.parametrize(
    "text",
    [
        "USB-кабель",
        "10 kΩ",
        "5 кВт",
        "10 kг",
        "ΝROBOT kit",
        "αGel insole",
        "COVIDный тест",
        "VIPовый зал",
        "чехол дляiPhone",
        "👩\u200d🔧 mug",
        "می\u200cخواهم",
        "soft\u00adhyphen",
    ],
)
def test_honest_mixtures(text: str) -> None:
    assert disguised_words(text, []) == []


def test_what_imitates_a_brand_is_no_honest_mixture() -> None:
    assert disguised_words("new ΝIKE", []) == []
    assert disguised_words("new ΝIKE", [(4, 8)]) == ["ΝIKE"]
    assert disguised_words("ΝROBOT, Nіke", [(8, 12)]) == ["Nіke"]


def test_styled_letters() -> None:
    assert styled_words("new 𝐍𝐢𝐤𝐞 Ⓝⓘⓚⓔ 5") == ["𝐍𝐢𝐤𝐞", "Ⓝⓘⓚⓔ"]
