import base64
import gc
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from serving.classify.model import Predict, ServedModel
from serving.score import score_table
from serving.scoring.verdict_rows import VERDICTS
from trueshelf.listings import Listing
from trueshelf.listings.tables import LISTINGS
from trueshelf.models import ItemError, Verdict

ServedBy = Callable[[Predict], ServedModel]


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=LISTINGS)


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


@pytest.fixture
def folder(tmp_path: Path, photo: bytes) -> Path:
    """A table of good and bad listings, with their photos beside it."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(photo)
    (tmp_path / "images" / "cut.jpg").write_bytes(photo[: len(photo) // 2])
    rows: list[dict[str, Any]] = [
        {"listing_id": f"L-{index}", "title": f"Bag {index}", "photos": ["images/a.jpg"]} for index in range(20)
    ]
    rows[3]["photos"] = ["images/a.jpg", "images/cut.jpg"]
    rows[4]["photos"] = ["images/none.jpg"]
    rows[5] |= {"price_amount": math.nan, "price_currency": "EUR"}
    rows[6] |= {"price_amount": 5.0, "price_currency": "Euro"}
    rows[7] |= {"price_amount": 5.0, "price_currency": None, "attributes": [("size", "42")], "language": "en"}
    rows[8]["title"] = "x\u202ey"
    rows[9]["listing_id"] = "L-10"
    pq.write_table(table_of(rows), tmp_path / "listings.parquet")
    return tmp_path


ERRORS = {
    3: "photos[1]",
    4: "photos[0]",
    5: "price.amount",
    6: "price.currency",
    7: "price.currency",
    8: "title",
    9: "listing_id",
    10: "listing_id",
}


def test_every_listing_gets_a_row_in_order_with_a_verdict_or_an_error(folder: Path, model: ServedModel) -> None:
    summary = score_table(folder, folder / "out.parquet", model=model, batch_size=6)

    rows = rows_of(folder / "out.parquet")
    assert pq.read_schema(folder / "out.parquet").equals(VERDICTS)
    assert [row["listing_id"] for row in rows] == [f"L-{10 if index == 9 else index}" for index in range(20)]
    assert {index: row["error_field"] for index, row in enumerate(rows) if row["error_field"]} == ERRORS
    error = {"error_field", "error_message"}
    for row in rows:
        filled = {name for name, value in row.items() if value is not None} - {"listing_id"}
        optional = {name for name in VERDICTS.names if name.endswith("_threshold_category")}
        assert filled - optional in (error, set(VERDICTS.names) - {"listing_id"} - optional - error)
    assert (summary["listings"], summary["errors"], sum(summary["actions"].values())) == (20, 8, 12)


def test_the_verdicts_are_those_given_over_http(
    folder: Path, model: ServedModel, client: TestClient, photo: bytes
) -> None:
    score_table(folder / "listings.parquet", folder / "out.parquet", model=model)
    good = [row for row in rows_of(folder / "out.parquet") if row["error_field"] is None]

    for row in good:
        index = int(row["listing_id"].removeprefix("L-"))
        photos = [base64.b64encode(photo).decode()]
        document = {"listing_id": row["listing_id"], "title": f"Bag {index}", "photos": photos}
        verdict = client.post("/v1/verdicts", json=document).json()["results"][0]["verdict"]
        assert verdict["action"] == row["action"]
        assert verdict["heads"]["counterfeit"]["probability"] == row["counterfeit_probability"]
        assert verdict["heads"]["low_quality"]["action"] == row["low_quality_action"]
        assert verdict["reasons"] == json.loads(row["reasons"])
        assert verdict["notes"] == json.loads(row["notes"])


def test_photos_may_lie_in_the_table_itself(tmp_path: Path, model: ServedModel, photo: bytes) -> None:
    table = pa.table({"listing_id": ["a", "b"], "photos": [[photo], [photo, b"<svg/>"]]})
    pq.write_table(table, tmp_path / "in.parquet")

    score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=model)

    assert [row["error_field"] for row in rows_of(tmp_path / "out.parquet")] == [None, "photos[1]"]


def test_only_the_ids_must_be_there(tmp_path: Path, model: ServedModel) -> None:
    pq.write_table(pa.table({"listing_id": ["a", None, "c"]}), tmp_path / "in.parquet")

    score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=model)

    assert [row["error_field"] for row in rows_of(tmp_path / "out.parquet")] == [None, "listing_id", None]


def test_an_empty_table_gives_an_empty_table(tmp_path: Path, model: ServedModel) -> None:
    pq.write_table(table_of([]), tmp_path / "in.parquet")

    assert score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=model)["listings"] == 0
    assert rows_of(tmp_path / "out.parquet") == []


def test_a_table_without_ids_is_refused(tmp_path: Path, model: ServedModel) -> None:
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "in.parquet")

    with pytest.raises(ValueError, match=r"in\.parquet has no column listing_id; it has id"):
        score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=model)


def test_what_is_no_table_is_refused(tmp_path: Path, model: ServedModel) -> None:
    (tmp_path / "in.parquet").write_bytes(b"listing_id,title\n")

    for source in (tmp_path / "in.parquet", tmp_path / "nothing.parquet", tmp_path):
        with pytest.raises(ValueError, match="is no Parquet table"):
            score_table(source, tmp_path / "out.parquet", model=model)


def test_a_run_that_is_broken_off_leaves_the_old_table_and_no_half_one(
    folder: Path,
    served_by: ServedBy,
    model: ServedModel,
) -> None:
    out = folder / "out.parquet"
    score_table(folder, out, model=model)
    before = out.read_bytes()

    def interrupted(_listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_table(folder, out, model=served_by(interrupted))

    assert out.read_bytes() == before
    assert not list(folder.glob("*.part"))


def test_a_fault_of_the_model_is_that_listings_error(folder: Path, served_by: ServedBy, model: ServedModel) -> None:
    predict: Predict = model.predict

    def stumbling(listings: Sequence[Listing]) -> Sequence[Verdict | ItemError]:
        if any(listing.id == "L-1" for listing in listings):
            raise RuntimeError("stumbled")
        return predict(listings)

    score_table(folder, folder / "out.parquet", model=served_by(stumbling))

    assert rows_of(folder / "out.parquet")[1]["error_field"] == "listing"


def test_progress_is_told(folder: Path, model: ServedModel) -> None:
    told: list[tuple[int, int]] = []

    score_table(folder, folder / "out.parquet", model=model, batch_size=8, progress=lambda *now: told.append(now))

    assert told == [(0, 20), (8, 20), (16, 20), (20, 20)]


def test_few_listings_are_in_memory_however_many_the_table_has(
    tmp_path: Path, served_by: ServedBy, model: ServedModel
) -> None:
    pq.write_table(pa.table({"listing_id": [f"L-{index}" for index in range(300)]}), tmp_path / "in.parquet")
    alive: list[int] = []

    def in_memory() -> int:
        return sum(type(each) is Listing for each in gc.get_objects())  # asking some objects for more warns

    def counting(listings: Sequence[Listing]) -> Sequence[Verdict | ItemError]:
        alive.extend([in_memory()] if listings[-1].id == "L-289" else [])
        return model.predict(listings)

    before = in_memory()
    score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=served_by(counting), batch_size=10)

    (at_the_end,) = alive
    assert at_the_end <= before + 3 * 10  # those judged, those read meanwhile, and those judged before


def test_ids_are_found_to_be_repeated_however_far_apart(tmp_path: Path, model: ServedModel) -> None:
    ids = [f"L-{index % 199}" for index in range(200)]
    pq.write_table(pa.table({"listing_id": ids}), tmp_path / "in.parquet", row_group_size=7)

    score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=model, part_rows=64)

    errors = [row["error_field"] for row in rows_of(tmp_path / "out.parquet")]
    assert errors == ["listing_id", *[None] * 198, "listing_id"]
