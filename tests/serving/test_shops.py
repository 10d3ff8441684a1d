"""What was known of a shop says the same in a request, in a table and in a dataset folder, and is checked alike."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from serving.classify.model import Predict, ServedModel
from serving.classify.schemas import ListingIn
from serving.classify.wire import Refused, listing_from, photo_from_base64
from serving.score import score_table
from trueshelf.client.offers import document_of
from trueshelf.listings import Certification, Dataset, Listing, ShopContext
from trueshelf.listings.tables import LABELS, LISTINGS, LISTINGS_WITH_SHOP, SHOPS, listing_to_row
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_listing

ServedBy = Callable[[Predict], ServedModel]

SHOP = ShopContext(
    registered_at=datetime(2024, 1, 4, 23, tzinfo=UTC),
    certification=Certification.BASIC,
    authorised_brands=("Nike",),
    listings=12,
    listings_30_days=2,
    found_counterfeit=1,
    found_genuine=4,
)


class Recorder:
    """A model that keeps what it was asked."""

    def __init__(self) -> None:
        self.seen: list[Listing] = []

    def __call__(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        self.seen += listings
        return FakePredictor().predict(listings)


def read(document: dict[str, Any]) -> Listing | Refused:
    return listing_from(document, read_photo=photo_from_base64)


def scored(source: Path, served_by: ServedBy, out: Path) -> tuple[list[Listing], list[dict[str, Any]]]:
    model = Recorder()
    score_table(source, out / "out.parquet", model=served_by(model))
    return model.seen, pq.read_table(out / "out.parquet").to_pylist()


def test_a_request_tells_what_is_known_of_the_shop(document: dict[str, Any]) -> None:
    listing = read(document)
    assert isinstance(listing, Listing)
    assert listing.shop == SHOP


def test_what_the_client_sends_is_what_the_library_has() -> None:
    for shop in (None, ShopContext(), ShopContext(listings=0), SHOP):
        listing = make_listing(shop=shop, listed_at=datetime(2025, 3, 14, tzinfo=UTC))
        found = read(document_of(listing, listing.photos))
        assert isinstance(found, Listing)
        assert found.shop == shop


def test_the_documented_example_is_valid() -> None:
    assert isinstance(read(ListingIn.model_json_schema()["examples"][0]), Listing)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"registered_at": "2025-03-14T09:26:54Z"}, "shop.registered_at"),
        ({"registered_at": "2024-01-05T00:00:00"}, "shop.registered_at"),
        ({"registered_at": 1704412800}, "shop.registered_at"),
        ({"certification": "gold"}, "shop.certification"),
        ({"authorised_brands": "Nike"}, "shop.authorised_brands"),
        ({"authorised_brands": ["Nike", 1]}, "shop.authorised_brands[1]"),
        ({"authorised_brands": ["x\u202ey"]}, "shop.authorised_brands[0]"),
        ({"authorised_brands": ["x"] * 1_001}, "shop.authorised_brands"),
        ({"listings": -1}, "shop.listings"),
        ({"listings": "12"}, "shop.listings"),
        ({"listings_30_days": 13}, "shop.listings_30_days"),
        ({"found_counterfeit": 13}, "shop.found_counterfeit"),
        ({"found_genuine": 12}, "shop.found_genuine"),
        ({"region": "CN-GD"}, "shop.region"),
    ],
)
def test_what_cannot_be_is_refused_with_its_path(
    change: dict[str, Any], field: str, document: dict[str, Any], client: TestClient
) -> None:
    document["shop"] |= change
    answer = client.post("/v1/verdicts", json=document)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("listed_at", [None, "2025-03-14T09:26:53Z"])
def test_a_registration_is_held_against_the_time_of_the_listing_only(
    listed_at: str | None, document: dict[str, Any], client: TestClient
) -> None:
    document |= {"listed_at": listed_at, "shop": {"registered_at": "2025-03-14T09:26:53Z"}}
    assert client.post("/v1/verdicts", json=document).status_code == 200


def test_a_table_tells_the_same(tmp_path: Path, served_by: ServedBy) -> None:
    listings = [make_listing(id="a", photos=(), shop=SHOP), make_listing(id="b", photos=(), shop=None)]
    rows = [listing_to_row(listing, photos=[]) for listing in listings]
    pq.write_table(pa.Table.from_pylist(rows, schema=LISTINGS_WITH_SHOP), tmp_path / "in.parquet")

    seen, _ = scored(tmp_path / "in.parquet", served_by, tmp_path)

    assert [listing.shop for listing in seen] == [SHOP, None]


def test_a_bad_shop_is_the_error_of_its_row(tmp_path: Path, served_by: ServedBy) -> None:
    shops = [{"listings": 3, "listings_30_days": 4}, {"listings": 3, "listings_30_days": 3}, None]
    pq.write_table(pa.table({"listing_id": ["a", "b", "c"], "shop": shops}), tmp_path / "in.parquet")

    _, rows = scored(tmp_path / "in.parquet", served_by, tmp_path)

    assert [row["error_field"] for row in rows] == ["shop.listings_30_days", None, None]


def test_a_column_of_another_type_is_told(tmp_path: Path, served_by: ServedBy) -> None:
    for shop in ("S-1", {"listings": "many"}, {"registered_at": 5}):
        pq.write_table(pa.table({"listing_id": ["a"], "shop": [shop]}), tmp_path / "in.parquet")
        with pytest.raises(ValueError, match=r"column shop holds .*; expected is a structure such as"):
            scored(tmp_path / "in.parquet", served_by, tmp_path)


def test_a_dataset_folder_is_scored_with_what_training_sees(tmp_path: Path, served_by: ServedBy) -> None:
    def day(number: int) -> datetime:
        return datetime(2025, 3, number, tzinfo=UTC)

    tables = {
        "listings": (LISTINGS, [{"listing_id": f"L{n}", "shop_id": "S", "listed_at": day(n)} for n in range(1, 9)]),
        "shops": (SHOPS, [{"shop_id": "S", "region": "CN-GD", "registered_at": day(3), "certification": "basic"}]),
        "labels": (
            LABELS,
            [
                {"listing_id": name, "head": "counterfeit", "answer": answer, "provenance": "reviewer"}
                | {"labelled_at": day(at)}
                for name, answer, at in (("L1", "yes", 4), ("L2", "no", 6))
            ],
        ),
    }
    for name, (schema, rows) in tables.items():
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / f"{name}.parquet")
    (tmp_path / "dataset.toml").write_text('name = "small"\n')

    seen, _ = scored(tmp_path, served_by, tmp_path)

    assert [listing.shop for listing in seen] == [listing.shop for listing in Dataset.open(tmp_path).listings()]
    assert [listing.shop and listing.shop.found_counterfeit for listing in seen] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [listing.shop and listing.shop.registered_at for listing in seen] == [None, None, *[day(3)] * 6]
