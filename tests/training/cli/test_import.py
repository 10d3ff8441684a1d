"""`python -m training dataset import`: no single cell costs more than what it stands for, and no folder is lost."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from training.cli import app
from trueshelf.listings import Answer, Certification, Dataset, Head, Label, Provenance


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def photo(colour: int) -> bytes:
    content = BytesIO()
    Image.new("RGB", (96, 80), (colour, 0, 0)).save(content, "JPEG")
    return content.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a.jpg, b.jpg, and cut.jpg, which is cut off."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate("ab"):
        (folder / f"{name}.jpg").write_bytes(photo(number))
    (folder / "cut.jpg").write_bytes(photo(9)[:400])
    return folder


def table(folder: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path = folder / "table.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def json_lines(folder: Path, *lines: str) -> Path:
    path = folder / "table.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def summary(path: Path, out: Path, *options: object) -> dict[str, Any]:
    result = run("dataset", "import", path, "--out", out, "--json", *options)
    assert result.exit_code == 0, (result.stderr, result.exception)
    assert list(out.parent.rglob("*.part")) == []
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def reasons(out: Path) -> list[tuple[str, str, str]]:
    with (out / "rejected.csv").open(encoding="utf-8", newline="") as file:
        return [(row["row"], row["dropped"], row["reason"]) for row in csv.DictReader(file)]


def prices(out: Path) -> list[tuple[float, str] | None]:
    found = [listing.price for listing in Dataset.open(out).listings()]
    return [None if price is None else (price.amount, price.currency) for price in found]


def priced(*cells: str) -> list[dict[str, object]]:
    return [{"title": "bag", "price": cell, "counterfeit": "yes"} for cell in cells]


def test_prices_as_people_write_them(tmp_path: Path) -> None:
    path = table(tmp_path, priced("N/A", "nan", "$12", "2,50", "1.299,00", "1.299", "€7", ""))
    found = summary(path, tmp_path / "out", "--currency", "USD")
    assert found["rejected"] == {}
    assert prices(tmp_path / "out") == [
        None,
        None,
        (12.0, "USD"),
        (2.5, "USD"),
        (1299.0, "USD"),
        (1299.0, "USD"),
        (7.0, "EUR"),
        None,
    ]
    assert "1 such as '1.299', read as 1299, since the decimal sign is ',' in '2,50'" in found["assumed"]


def test_the_decimal_sign_may_be_given(tmp_path: Path) -> None:
    path = table(tmp_path, priced("1.299", "2,50"))
    assert summary(path, tmp_path / "out", "--currency", "USD", "--decimal", ".")["assumed"] == ""
    assert prices(tmp_path / "out") == [(1.299, "USD"), (2.5, "USD")]


def test_numbers_of_json_have_a_decimal_point(tmp_path: Path) -> None:
    path = json_lines(tmp_path, *(json.dumps(row | {"price": 12.345}) for row in priced("") * 2))
    summary(path, tmp_path / "out", "--currency", "USD")
    assert prices(tmp_path / "out") == [(12.345, "USD")] * 2


def test_a_sign_of_a_currency_is_held_against_the_rest_of_the_row(tmp_path: Path) -> None:
    rows = [
        row | {"currency": currency}
        for row, currency in zip(
            priced("¥99", "¥99", "¥99", "$5", "€5", "Rp 25.000", "5", "5"),
            ("", "JPY", "USD", "MXN", "€", "nan", "quatloos", "$"),
            strict=True,
        )
    ]
    found = summary(table(tmp_path, rows), tmp_path / "out")
    assert prices(tmp_path / "out") == [(99.0, "JPY"), (5.0, "MXN"), (5.0, "EUR"), (25_000.0, "IDR")]
    assert found["rejected"] == {
        "a price's sign may stand for several currencies": 1,
        "a price's sign is of another currency": 1,
        "currency is not an ISO 4217 code such as USD": 2,
    }
    assert reasons(tmp_path / "out")[1][2] == "a price's sign is of another currency: '¥99' in USD"


def test_a_bad_photo_costs_no_listing_that_has_more(tmp_path: Path, photos: Path) -> None:
    images = {
        "bag": "a.jpg;cut.jpg",
        "shoe": "gone.jpg",
        "": "b.jpg|a\0.jpg|https://example.com/c.jpg",
        " ": "cut.jpg",
        "hat": "a.jpg;b.jpg",
    }
    rows = [{"title": title, "image": image, "counterfeit": "yes"} for title, image in images.items()]
    out = tmp_path / "out"
    found = summary(table(tmp_path, rows), out, "--images", photos)
    assert [(each.title, len(each.photos)) for each in Dataset.open(out).listings()] == [
        ("bag", 1),
        ("shoe", 0),
        ("", 1),
        ("hat", 2),
    ]
    assert found["rejected"] == {"a photo is broken": 1}
    assert sum(found["dropped_photos"].values()) == 4
    assert [(row, dropped) for row, dropped, _ in reasons(out)] == [
        ("1", "photo"),
        ("2", "photo"),
        ("3", "photo"),
        ("3", "photo"),
        ("4", "row"),
    ]
    strict = run("dataset", "import", tmp_path / "table.csv", "--images", photos, "--out", out, "--force", "--strict")
    assert strict.exit_code == 1
    assert "dropped from listings that are kept: 1 × a photo is missing" in strict.stderr


def test_lines_of_json_that_cannot_be_used_cost_no_other(tmp_path: Path) -> None:
    good = '{"title": "bag", "counterfeit": "yes", "listed_at": null}'
    path = json_lines(
        tmp_path,
        good,
        '{"title": "half \\ud83d", "counterfeit": "yes"}',
        '{"title": "deep", "counterfeit": "no", "description": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"title": "early", "counterfeit": "no", "listed_at": "0001-01-01T00:00:00+05:00"}',
        '{"title": "long", "counterfeit": "no", "price": ' + "9" * 5_000 + ', "currency": "USD"}',
        good,
    )
    out = tmp_path / "out"
    assert summary(path, out, "--currency", "USD")["listings"] == 2
    assert [(row, reason.split(":")[0]) for row, _, reason in reasons(out)] == [
        ("2", "a cell holds half a character"),
        ("3", "the JSON is nested too deeply"),
        ("4", "listed_at cannot be read"),
        ("5", "the JSON cannot be read"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'[{"title": "bag", "counterfeit": "yes"}]', "is one JSON array; give one object a line instead"),
        ("a.json", b'{\n  "title": "bag"\n}', "one object a line is read"),
        ("a.xlsx", b"PK\x03\x04", "is a spreadsheet: save it as CSV"),
        ("a.csv", "título,counterfeit\n".encode("latin-1"), "is not UTF-8"),
        ("a.csv", b"\xff\xfea", "is not UTF-16"),
        ("a.csv", b",,\n1,2,3\n", "is empty"),
    ],
)
def test_files_of_another_form_are_told_how_to_become_one_of_ours(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    result = run("dataset", "import", tmp_path / name, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_as_spreadsheets_save_them(tmp_path: Path, encoding: str) -> None:
    content = "Title;Counterfeit;Shop ID;;\nsac à main;Yes;s1;;\nsac;COUNTERFEIT;s2;;\nchaussure;FALSE;s3;;\n;;;;\n"
    (tmp_path / "table.csv").write_bytes(content.encode(encoding))
    found = summary(tmp_path / "table.csv", tmp_path / "out")
    assert found["labels"]["counterfeit"] == {"yes": 2, "no": 1, "unknown": 0}
    assert found["unused_columns"] == []
    first = next(Dataset.open(tmp_path / "out").listings())
    assert (first.title, first.shop_id) == ("sac à main", "s1")


def reviewed(*rows: tuple[str, str, str, str]) -> list[dict[str, object]]:
    return [
        {"listing_id": name, "title": title, "counterfeit": label, "provenance": by} for name, title, label, by in rows
    ]


def test_a_second_reviewer_adds_a_label(tmp_path: Path, photos: Path) -> None:
    rows = reviewed(
        ("l1", "bag", "yes", "report"),
        ("l2", "shoe", "no", ""),
        ("l1", "bag", "no", "test buy"),
        ("l1", "hat", "no", "report"),
    )
    rows = [row | {"image": "a.jpg", "labelled_at": f"2025-03-0{day}"} for day, row in enumerate(rows, start=1)]
    out = tmp_path / "out"
    found = summary(table(tmp_path, rows), out, "--images", photos)
    assert (found["rows"], found["listings"], found["rows_with_another_label"]) == (4, 2, 1)
    assert found["labels"]["counterfeit"] == {"yes": 0, "no": 2, "unknown": 0}, "the test buy outweighs the report"
    dataset = Dataset.open(out)
    assert [listing.id for listing in dataset.listings()] == ["l1", "l2"]
    assert [_facts(label) for label in dataset.labels()] == [
        ("l1", Answer.YES, Provenance.REPORT, 1),
        ("l2", Answer.NO, Provenance.REVIEWER, 2),
        ("l1", Answer.NO, Provenance.TEST_BUY, 3),
    ]
    assert reasons(out) == [
        ("4", "row", "the listing_id is there already, with other content: 'l1' in rows 1 and 4, which differ in title")
    ]


def test_an_unknown_provenance_is_named(tmp_path: Path) -> None:
    path = table(tmp_path, reviewed(("l1", "bag", "yes", "hearsay")))
    result = run("dataset", "import", path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "row 1, column 'provenance': 'hearsay' is not one of brand_notice, test_buy" in result.stderr


def test_conflicts_are_found_across_the_same_content(tmp_path: Path, photos: Path) -> None:
    long = "a leather bag with two handles and a zip, worn twice"
    rows = [
        {"listing_id": "l1", "title": "bag", "image": "a.jpg", "counterfeit": "yes"},
        {"listing_id": "l2", "title": "bag", "image": "a.jpg", "counterfeit": "no"},
        {"listing_id": "l3", "title": "bag", "image": "b.jpg", "counterfeit": "yes"},
        {"listing_id": "l3", "title": "bag", "image": "b.jpg", "counterfeit": "no"},
        {"listing_id": "l4", "title": long, "image": "", "counterfeit": "no"},
        {"listing_id": "l5", "title": long.upper(), "image": "", "counterfeit": "yes"},
        {"listing_id": "l6", "title": long, "image": "", "counterfeit": "yes"},
        {"listing_id": "l7", "title": "hat", "image": "", "counterfeit": "yes"},
        {"listing_id": "l8", "title": "Hat", "image": "", "counterfeit": "no"},
    ]
    summary(table(tmp_path, rows), tmp_path / "out", "--images", photos)
    checked = run("dataset", "check", tmp_path / "out", "--json")
    assert checked.exit_code == 1
    faults = {fault["kind"]: fault for fault in json.loads(checked.stdout)["faults"]}
    assert faults["label conflict"]["examples"] == ["l3: counterfeit is no by reviewer, yes by reviewer"]
    by_photo, by_text = faults["both answers for the same photo"], faults["both answers for the same text"]
    assert (by_photo["severity"], by_photo["count"]) == ("warning", 1)
    assert by_photo["examples"][0].endswith(".jpg: counterfeit is yes for l1, no for l2")
    assert (by_text["severity"], by_text["count"]) == ("warning", 2)
    assert by_text["examples"][0].endswith("counterfeit is yes for l5 and 1 more, no for l4")
    assert by_text["examples"][1] == "hat: counterfeit is yes for l7, no for l8"


def test_a_head_that_cannot_be_taught_is_warned_of(tmp_path: Path) -> None:
    summary(table(tmp_path, priced("") * 3), tmp_path / "out", "--currency", "USD")
    checked = run("dataset", "check", tmp_path / "out", "--json")
    assert checked.exit_code == 0
    faults = {fault["kind"]: fault["examples"] for fault in json.loads(checked.stdout)["faults"]}
    assert faults["head with one answer only"] == ["counterfeit: all 3 answers are yes"]
    assert faults["head without answers"] == ["low_quality: no listing is answered yes or no"]


def test_what_is_read_does_not_lie_where_it_is_written(tmp_path: Path, photos: Path) -> None:
    path = table(tmp_path, [{"title": "bag", "image": "a.jpg", "counterfeit": "yes"}])
    (tmp_path / "README.md").write_text("mine")
    for out in (photos, tmp_path):
        result = run("dataset", "import", path, "--images", photos, "--out", out, "--force")
        assert result.exit_code == 2
        assert "which is to be written: choose another --out" in result.stderr
    assert (photos / "a.jpg").read_bytes() == photo(0)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_missing_table_costs_no_dataset(tmp_path: Path) -> None:
    path, out = table(tmp_path, priced("5")), tmp_path / "out"
    summary(path, out, "--currency", "USD")
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    for wrong in (tmp_path / "nope.csv", json_lines(tmp_path, '{"title": "", "counterfeit": "yes"}')):
        assert run("dataset", "import", wrong, "--out", out, "--force").exit_code == 2
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before


def test_a_market_is_not_built_over_ones_own_photos(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "me.jpg").write_bytes(photo(1))
    result = run("dataset", "build", "market", "--shops", 1, "--out", tmp_path, "--force")
    assert result.exit_code == 2
    assert "holds 'images' and is no dataset" in result.stderr
    assert (tmp_path / "images" / "me.jpg").read_bytes() == photo(1)


def test_usage_names_the_command_as_it_is_typed() -> None:
    assert "Usage: python -m training dataset import" in run("dataset", "import", "--nope").output


def _facts(label: Label) -> tuple[str, Answer, Provenance, int]:
    assert label.head is Head.COUNTERFEIT
    assert label.labelled_at is not None
    return label.listing_id, label.answer, label.provenance, label.labelled_at.day


def test_what_rows_say_of_their_shops_comes_together_and_may_not_differ(tmp_path: Path) -> None:
    said = [
        ("2024-01-05", "Basic", "Nike; Puma"),
        ("", "", ""),
        ("2024-01-05", "n/a", ""),
        ("2024-01-06", "", ""),
        ("", "gold", ""),
    ]
    rows = [
        {"title": f"bag {number}", "counterfeit": "no", "shop_id": "s", "listed_at": "2025-01-01"}
        | {"registered_at": registered, "certification": certification, "authorised_brands": brands}
        for number, (registered, certification, brands) in enumerate(said)
    ]
    rows.append(rows[1] | {"title": "hat", "shop_id": "t", "certification": "none"})
    out = tmp_path / "out"
    found = summary(table(tmp_path, rows), out)
    assert found["rejected"] == {"the shop has another time of registration": 1, "certification cannot be read": 1}
    shops = Dataset.open(out).shops()
    assert (shops["s"].certification, shops["s"].authorised_brands) == (Certification.BASIC, ("Nike", "Puma"))
    assert shops["s"].registered_at == datetime(2024, 1, 5, tzinfo=UTC)
    assert (shops["t"].certification, shops["t"].registered_at) == (Certification.NONE, None)
    assert [listing.shop and listing.shop.certification for listing in Dataset.open(out).listings()] == [
        *[Certification.BASIC] * 3,
        Certification.NONE,
    ]
