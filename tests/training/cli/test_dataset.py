"""`python -m training dataset`, through the command line."""

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from training.cli import app
from training.data.folder import store_photo
from trueshelf.listings import Answer, Dataset, Head, Provenance, Split
from trueshelf.listings.tables import GALLERY

SNEAKERS = Path(__file__).parents[4] / "shared/data/sneaker_authenticity"
CLOTHES = Path(__file__).parents[4] / "shared/data/clothing_photos"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def photo(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    content = BytesIO()
    Image.fromarray(pixels).resize((96, 80), Image.Resampling.BICUBIC).save(content, "JPEG")
    return content.getvalue()


Table = Callable[[Sequence[Mapping[str, object]]], Path]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Writes a CSV of given rows beside a folder `photos` with 0.jpg to 29.jpg."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(30):
        (folder / f"{seed}.jpg").write_bytes(photo(seed))

    def write(rows: Sequence[Mapping[str, object]]) -> Path:
        path = tmp_path / "labels.csv"
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


def sneaker_rows(count: int = 30) -> list[dict[str, object]]:
    return [
        {
            "picture": f"{number}.jpg",
            "label": "fake" if number % 3 else "Original",
            "pair": number // 2,
            "colour": "red",
        }
        for number in range(count)
    ]


def imported(tmp_path: Path, path: Path, *options: object) -> Result:
    return run("dataset", "import", path, "--images", tmp_path / "photos", "--out", tmp_path / "out", *options)


COLUMNS = ("--column", "image=picture", "--column", "counterfeit=label", "--column", "shop_id=pair")


def test_import_check_and_show(tmp_path: Path, table: Table) -> None:
    result = imported(tmp_path, table(sneaker_rows()), *COLUMNS, "--column", "attributes.colour=colour", "--json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["listings"] == 30
    assert summary["labels"]["counterfeit"] == {"yes": 20, "no": 10, "unknown": 0}
    dataset = Dataset.open(tmp_path / "out")
    listing = next(dataset.listings())
    assert (listing.id, listing.shop_id, listing.attributes) == ("labels-000001", "0", {"colour": "red"})
    assert listing.photos[0].read() == photo(0)
    assert {label.provenance for label in dataset.labels()} == {Provenance.REVIEWER}
    splits = dataset.splits()
    assert set(splits.values()) >= {Split.TRAIN, Split.VALIDATION, Split.CALIBRATION, Split.TEST}

    checked = run("dataset", "check", tmp_path / "out", "--json")
    assert checked.exit_code == 0, checked.stderr
    assert [fault["kind"] for fault in json.loads(checked.stdout)["faults"]] == ["head without answers"]

    shown = run("dataset", "show", tmp_path / "out", "--sample", 8)
    assert shown.exit_code == 0, shown.stderr
    page = (tmp_path / "out" / "contact_sheet.html").read_text(encoding="utf-8")
    assert page.count("<article>") == 8
    assert page.count("data:image/jpeg;base64,") == 8
    assert "http" not in page


def test_the_same_rows_give_the_same_bytes(tmp_path: Path, table: Table) -> None:
    path = table(sneaker_rows())
    contents = []
    for _ in range(2):
        assert imported(tmp_path, path, *COLUMNS, "--force").exit_code == 0
        contents.append({file.name: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()})
    assert contents[0] == contents[1]


def test_rows_that_cannot_be_used_are_kept_with_the_reason(tmp_path: Path, table: Table) -> None:
    (tmp_path / "photos" / "cut.jpg").write_bytes(photo(99)[:400])
    (tmp_path / "photos" / "page.jpg").write_text("<html></html>")
    rows = [
        {
            "id": str(number),
            "image": f"{number}.jpg",
            "title": "",
            "price": "12.50",
            "counterfeit": "yes",
            "listed_at": "",
        }
        for number in range(12)
    ]
    rows[0] |= {"image": "gone.jpg"}
    rows[1] |= {"image": "cut.jpg"}
    rows[2] |= {"image": "page.jpg"}
    rows[3] |= {"image": "../labels.csv"}
    rows[4] |= {"image": "https://example.com/a.jpg"}
    rows[5] |= {"image": ""}
    rows[6] |= {"price": "inf"}
    rows[7] |= {"price": "cheap"}
    rows[8] |= {"listed_at": "yesterday"}
    rows[9] |= {"id": "11"}
    rows[11] |= {"title": "Bag; 2|3", "image": "1.jpg; 2.jpg |3.jpg", "listed_at": "2025-03-31T12:00:00+02:00"}
    result = imported(tmp_path, table(rows), "--currency", "eur", "--strict", "--json")
    assert result.exit_code == 1, result.stderr
    assert json.loads(result.stdout)["listings"] == 2
    with (tmp_path / "out" / "rejected.csv").open(encoding="utf-8", newline="") as file:
        reasons = {row["row"]: row["reason"] for row in csv.DictReader(file)}
    assert reasons["1"] == "a photo is missing: gone.jpg: No such file or directory"
    assert reasons["2"].startswith("a photo is broken: cut.jpg")
    assert reasons["3"].startswith("a photo is broken: page.jpg")
    assert reasons["4"] == "a photo lies outside the folder of images: ../labels.csv"
    assert reasons["5"] == "a photo is a URL, which is not fetched: https://example.com/a.jpg"
    assert reasons["6"] == "there is neither a photo nor a title"
    assert reasons["7"].startswith("price cannot be read: 'inf'")
    assert reasons["8"].startswith("price cannot be read: 'cheap'")
    assert reasons["9"].startswith("listed_at cannot be read: 'yesterday'")
    assert reasons["12"] == (
        "the listing_id is there already, with other content: "
        "'11' in rows 10 and 12, which differ in title, listed_at, photos"
    )
    kept = list(Dataset.open(tmp_path / "out").listings())
    assert [listing.id for listing in kept] == ["11", "10"]


def test_json_lines_with_lists_and_currencies(tmp_path: Path, table: Table) -> None:
    table(sneaker_rows())
    path = tmp_path / "listings.jsonl.gz"
    rows = [
        {"title": "Nike bag", "images": ["1.jpg", "2.jpg"], "price": 1299, "currency": "thb", "low_quality": False},
        {"title": "Bolso", "images": None, "price": None, "low_quality": None, "counterfeit": True, "language": "es"},
    ]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    result = imported(tmp_path, path, "--provenance", "test_buy")
    assert result.exit_code == 0, result.stderr
    dataset = Dataset.open(tmp_path / "out")
    first, second = dataset.listings()
    assert len(first.photos) == 2
    assert first.price is not None
    assert (first.price.amount, first.price.currency) == (1299.0, "THB")
    assert second.language == "es"
    assert set(dataset.rates) == {"THB"}
    answers = {(label.listing_id, label.head): label.answer for label in dataset.labels()}
    assert answers["listings-000001", Head.LOW_QUALITY] is Answer.NO
    assert answers["listings-000002", Head.COUNTERFEIT] is Answer.YES
    assert answers["listings-000001", Head.COUNTERFEIT] is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "no column is a label, and one is required: the columns are picture, label, pair, colour"),
        (("--column", "counterfeit=lable"), "did you mean 'label'?"),
        (("--column", "counterfiet=label"), "names no field; fields are listing_id"),
        (("--column", "label"), "--column 'label' is not of the form field=header"),
        (("--column", "counterfeit=label"), "no column is an image or a title"),
        (("--column", "counterfeit=label", "--column", "counterfeit=pair"), "gives counterfeit twice"),
        (("--column", "image=picture", "--column", "counterfeit=colour"), "row 1, column 'colour': 'red' is neither"),
        ((*COLUMNS, "--column", "price=pair"), "price has no currency"),
        ((*COLUMNS, "--column", "price=pair", "--currency", "dollars"), "'DOLLARS'"),
        ((*COLUMNS, "--column", "split=colour"), "row 1, column 'colour': 'red' is not one of train, validation"),
    ],
)
def test_mistakes_are_one_line_that_names_them(
    tmp_path: Path, table: Table, options: Sequence[str], message: str
) -> None:
    result = imported(tmp_path, table(sneaker_rows()), *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_own_words_for_yes_and_no(tmp_path: Path, table: Table) -> None:
    rows = [{"image": f"{number}.jpg", "counterfeit": word} for number, word in enumerate(["Red", "blue", "?"] * 4)]
    result = imported(tmp_path, table(rows), "--positive", "red", "--negative", "BLUE", "--json")
    assert json.loads(result.stdout)["labels"]["counterfeit"] == {"yes": 4, "no": 4, "unknown": 4}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"image,label,label\n", "two columns named 'label'"),
        (b"title,counterfeit\nbag,yes,red\n", "line 2, has 3 cells; the header has 2"),
        ("title,counterfeit\nsac à main,yes\n".encode("latin-1"), "iconv -f CP1252 -t UTF-8 table.csv"),
        (b"title,counterfeit\n", "none of the 0 rows"),
        (b"title,counterfeit\nbag,\nshoe,?\n", "no row of"),
        (b"title,counterfeit\n,yes\n,yes\n", "there is neither a photo nor a title (2"),
    ],
)
def test_tables_that_cannot_be_imported(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    result = run("dataset", "import", path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not (tmp_path / "out" / "dataset.toml").exists()


def test_given_splits_are_kept_and_their_leaks_found(tmp_path: Path, table: Table) -> None:
    rows = [row | {"part": ("train", "val", "cal", "test")[number % 4]} for number, row in enumerate(sneaker_rows())]
    rows[5]["picture"] = "0.jpg"
    rows[7]["pair"] = "0"
    assert imported(tmp_path, table(rows), *COLUMNS, "--column", "split=part").exit_code == 0
    result = run("dataset", "check", tmp_path / "out", "--json")
    assert result.exit_code == 1
    kinds = {fault["kind"]: fault for fault in json.loads(result.stdout)["faults"]}
    assert kinds["leak by shop"]["count"] > 5
    assert kinds["leak by photo"]["examples"] == [
        "labels-000001 (train) and labels-000006 (validation) have the same photo"
    ]


def test_another_folder_is_never_emptied(tmp_path: Path, table: Table) -> None:
    path = table(sneaker_rows())
    assert imported(tmp_path, path, *COLUMNS).exit_code == 0
    again = imported(tmp_path, path, *COLUMNS)
    assert again.exit_code == 2
    assert "holds a dataset already: give --force" in again.stderr
    (tmp_path / "out" / "notes.txt").write_text("mine")
    forced = imported(tmp_path, path, *COLUMNS, "--force")
    assert forced.exit_code == 2
    assert "'notes.txt'" in forced.stderr
    assert (tmp_path / "out" / "dataset.toml").exists()


def rewrite(folder: Path, name: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Alter a table's rows without telling the card."""
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def faults_of(folder: Path, *options: str) -> dict[str, list[str]]:
    result = run("dataset", "check", folder, "--json", *options)
    found = json.loads(result.stdout)
    assert result.exit_code == (0 if found["passed"] else 1)
    return {fault["kind"]: fault["examples"] for fault in found["faults"]}


@pytest.fixture
def sound(tmp_path: Path, table: Table) -> Path:
    assert imported(tmp_path, table(sneaker_rows()), *COLUMNS).exit_code == 0
    return tmp_path / "out"


def test_check_finds_what_was_done_to_listings(sound: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[1]["listing_id"] = rows[0]["listing_id"]
        rows[2] |= {"price_amount": float("nan"), "price_currency": "USD"}
        rows[3] |= {"price_amount": -1.0, "price_currency": "XYZ"}
        rows[4] |= {"price_amount": 5.0}
        rows[5]["photos"] = []
        rows[6]["photos"] = ["../../secret.jpg"]
        rows[7]["shop_id"] = "nobody"

    rewrite(sound, "listings", change)
    faults = faults_of(sound)
    assert faults["duplicate listing id"] == ["labels-000001"]
    assert faults["price that is no amount"] == ["labels-000003: price nan", "labels-000004: price -1.0"]
    assert faults["unknown currency"] == ["labels-000004: price in 'XYZ'"]
    assert faults["price without currency"] == ["labels-000005: price 5.0"]
    assert faults["listing with neither title nor photo"] == ["labels-000006"]
    assert faults["photo outside the dataset"] == ["labels-000007: ../../secret.jpg"]
    assert faults["shop without a row in shops"] == ["nobody"]
    assert faults["split of an unknown listing"] == ["labels-000002"]
    assert "wrong checksum" in faults


def test_check_finds_what_was_done_to_photos(sound: Path) -> None:
    photos = sorted(
        listing.photos[0].source
        for listing in Dataset.open(sound).listings()
        if isinstance(listing.photos[0].source, Path)
    )
    photos[0].unlink()
    photos[1].write_bytes(photo(500))
    faults = faults_of(sound)
    assert len(faults["missing photo"]) == 1
    assert "is not the photo whose digest is its name" in faults["broken photo"][0]
    assert set(faults_of(sound, "--quick")) == {"missing photo", "head without answers"}


def test_check_finds_contradictory_labels(sound: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        first, second = rows[0], rows[1]
        rows.append(first | {"answer": "yes" if first["answer"] == "no" else "no"})
        rows.append(second | {"answer": "yes" if second["answer"] == "no" else "no", "provenance": "test_buy"})
        rows.append(rows[2] | {"listing_id": "nobody"})
        rows.append(rows[3] | {"answer": "maybe"})

    rewrite(sound, "labels", change)
    faults = faults_of(sound)
    assert faults["label conflict"] == ["labels-000001: counterfeit is no by reviewer, yes by reviewer"]
    assert faults["label of an unknown listing"] == ["nobody"]
    assert faults["unknown answer"] == ["labels-000004: 'maybe'"]


def test_check_finds_a_broken_schema(sound: Path) -> None:
    table = pq.read_table(sound / "listings.parquet").drop_columns(["brand"])
    pq.write_table(table.set_column(0, "listing_id", pa.array([None] * 30, pa.string())), sound / "listings.parquet")
    (sound / "labels.parquet").write_bytes(b"nothing")
    faults = faults_of(sound)
    assert faults["missing column"] == ["listings.brand is missing; it should be string"]
    assert faults["column with empty cells"] == ["listings.listing_id has 30 empty cells; it may have none"]
    assert "labels.parquet cannot be read" in faults["unreadable table"][0]


def test_stdout_holds_one_json_object_in_a_process_of_its_own(sound: Path) -> None:
    command = [sys.executable, "-m", "training", "dataset", "check", str(sound), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["passed"] is True
    assert "passed" in done.stderr


def test_help_waits_for_no_heavy_import() -> None:
    code = "import sys, training.cli; print(sorted({'torch', 'mlflow', 'pandas', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_is_no_dataset_is_said_to_be_none(tmp_path: Path) -> None:
    result = run("dataset", "check", tmp_path)
    assert result.exit_code == 2
    assert "it holds no dataset.toml" in result.stderr


def test_the_contact_sheet_escapes_what_sellers_write(tmp_path: Path) -> None:
    path = tmp_path / "listings.csv"
    path.write_text('title,counterfeit,shop_id\n"<script>alert(1)</script>",yes,"<b>"\nbag,no,s\n', encoding="utf-8")
    assert run("dataset", "import", path, "--out", tmp_path / "out").exit_code == 0
    assert run("dataset", "show", tmp_path / "out", "--out", tmp_path / "sheet.html").exit_code == 0
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "shop &lt;b&gt;" in page


@pytest.mark.slow
@pytest.mark.skipif(not SNEAKERS.is_dir(), reason="the real sneaker photos are not here")
def test_real_sneaker_photos(tmp_path: Path) -> None:
    result = run(
        *("dataset", "import", SNEAKERS / "labels.csv", "--images", SNEAKERS / "images", "--out", tmp_path / "out"),
        *("--column", "counterfeit=label", "--column", "shop_id=group", "--json"),
    )
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["labels"]["counterfeit"] == {"yes": 456, "no": 422, "unknown": 0}
    assert summary["rejected"] == {}
    assert faults_of(tmp_path / "out") == {"head without answers": ["low_quality: no listing is answered yes or no"]}


@pytest.mark.skipif(not CLOTHES.is_dir(), reason="the real photos of clothes are not here")
def test_real_photos_without_a_label_of_ours(tmp_path: Path) -> None:
    result = run("dataset", "import", CLOTHES / "labels.csv", "--images", CLOTHES / "images", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "no column is a label, and one is required" in result.stderr


def add_gallery(folder: Path, rows: list[dict[str, str]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=GALLERY), folder / "gallery.parquet")


def test_check_finds_what_is_wrong_with_known_photos(sound: Path) -> None:
    path = store_photo(sound, photo(600))
    add_gallery(
        sound,
        [
            {"photo": path, "kind": "genuine", "source": "maker"},
            {"photo": path, "kind": "fake", "source": "test buy"},
            {"photo": "images/gone.jpg", "kind": "nice", "source": "maker"},
            {"photo": "../secret.jpg", "kind": "stock", "source": "agency"},
        ],
    )
    faults = faults_of(sound)
    assert faults["known photo of two kinds"] == [f"{path}: genuine and fake"]
    assert faults["unknown kind of known photo"] == ["images/gone.jpg: 'nice'"]
    assert faults["missing photo"] == ["gallery: images/gone.jpg"]
    assert faults["photo outside the dataset"] == ["gallery: ../secret.jpg"]
    assert "wrong checksum" in faults


def test_known_photos_can_be_added_and_sealed(sound: Path) -> None:
    before = Dataset.open(sound)
    add_gallery(sound, [{"photo": store_photo(sound, photo(600)), "kind": "genuine", "source": "maker"}])
    assert run("dataset", "seal", sound).exit_code == 0
    sealed = Dataset.open(sound)
    sealed.verify()
    assert sealed.digest != before.digest
    assert sealed.checksums["images"] != before.checksums["images"]
    assert [reference.source for reference in sealed.references()] == ["maker"]
    assert set(faults_of(sound)) == {"head without answers"}
