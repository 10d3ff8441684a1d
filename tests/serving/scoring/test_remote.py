"""Tables and photos elsewhere: a real S3 protocol and real web servers, all of this machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from httpcore2 import AnyIOBackend, AsyncNetworkStream
from moto.server import ThreadedMotoServer
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from serving.classify.model import Predict, ServedModel
from serving.fetching.fetcher import Fetcher
from serving.fetching.hosts import PhotoHosts
from serving.fetching.network import PublicNetwork
from serving.score import score_table
from serving.scoring.places import Place
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict

RunApp = Callable[..., AbstractContextManager[int]]
ServedBy = Callable[[Predict], ServedModel]


@pytest.fixture(scope="module")
def s3_port() -> Iterator[int]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def bucket(s3_port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    client.create_bucket(Bucket="shop")
    for each in client.list_objects_v2(Bucket="shop").get("Contents", []):
        client.delete_object(Bucket="shop", Key=each["Key"])
    return "s3://shop"


def put(address: str, content: bytes) -> None:
    Place.of(address).write(lambda file: file.write(content))


def encoded(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def rows_of(address: str | Path) -> list[dict[str, Any]]:
    with Place.of(address).open() as file:
        rows: list[dict[str, Any]] = pq.read_table(pa.py_buffer(file.read())).to_pylist()
    return rows


def listings(*photos: str) -> pa.Table:
    return pa.table({"listing_id": [f"L-{n}" for n in range(len(photos))], "photos": [[each] for each in photos]})


def site(folder: Path) -> Starlette:
    return Starlette(routes=[Mount("/", StaticFiles(directory=folder))])


def test_table_photos_and_verdicts_may_lie_in_a_bucket(
    bucket: str, photo: bytes, tmp_path: Path, model: ServedModel
) -> None:
    (tmp_path / "b c.jpg").write_bytes(photo)
    put(f"{bucket}/in/images/a.jpg", photo)
    names = ["images/a.jpg", f"{bucket}/in/images/a.jpg", (tmp_path / "b c.jpg").as_uri(), "images/none.jpg"]
    put(f"{bucket}/in/listings.parquet", encoded(listings(*names)))

    score_table(f"{bucket}/in/listings.parquet", f"{bucket}/out/verdicts.parquet", model=model, part_rows=2)

    rows = rows_of(f"{bucket}/out/verdicts.parquet")
    assert [row["error_field"] for row in rows] == [None, None, None, "photos[0]"]
    assert Place.of(f"{bucket}/out").names() == {"verdicts.parquet"}


def test_a_run_in_a_bucket_goes_on_unless_the_table_was_changed(
    bucket: str, photo: bytes, served_by: ServedBy, model: ServedModel
) -> None:
    put(f"{bucket}/a.jpg", photo)
    put(f"{bucket}/in.parquet", encoded(listings(*["a.jpg"] * 9)))

    def stopping(batch: Sequence[Listing]) -> list[Verdict | ItemError]:
        if batch[0].id == "L-6":
            raise KeyboardInterrupt
        return list(model.predict(batch))

    def score(by: ServedModel) -> dict[str, Any]:
        return score_table(f"{bucket}/in.parquet", f"{bucket}/out.parquet", model=by, batch_size=3, part_rows=3)

    with pytest.raises(KeyboardInterrupt):
        score(served_by(stopping))
    assert not Place.of(f"{bucket}/out.parquet").exists()
    assert score(model)["done_before"] == 6

    with pytest.raises(KeyboardInterrupt):
        score(served_by(stopping))
    put(f"{bucket}/in.parquet", encoded(listings(*["a.jpg"] * 8, "b.jpg")))
    with pytest.raises(ValueError, match=r"unfinished run with .*source's version"):
        score(model)


def test_a_table_may_be_read_from_a_web_address_but_not_written_to_one(
    tmp_path: Path, run_app: RunApp, model: ServedModel
) -> None:
    pq.write_table(pa.table({"listing_id": ["a", "b"], "title": ["x", "y"]}), tmp_path / "in.parquet")

    with run_app(site(tmp_path)) as port:
        score_table(f"http://127.0.0.1:{port}/in.parquet", tmp_path / "out.parquet", model=model)
        with pytest.raises(ValueError, match=r"out\.parquet cannot be written to; give a path"):
            score_table(tmp_path / "in.parquet", f"http://127.0.0.1:{port}/out.parquet", model=model)

    assert [row["error_field"] for row in rows_of(tmp_path / "out.parquet")] == [None, None]


class Internet(AnyIOBackend):
    """Every public address is one port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def connect_tcp(self, *_: Any, **options: Any) -> AsyncNetworkStream:
        return await super().connect_tcp("127.0.0.1", self.port, **options)


async def resolve(host: str) -> Sequence[str]:
    return ["10.0.0.1" if host == "inner.example.com" else "93.184.216.34"]


def test_photos_are_fetched_from_allowed_hosts_at_public_addresses_alone(
    tmp_path: Path, photo: bytes, run_app: RunApp, model: ServedModel
) -> None:
    (tmp_path / "a.jpg").write_bytes(photo)
    photos = [f"http://{host}.example.com/{path}" for host in ("cdn", "inner", "other") for path in ("a.jpg", "b.jpg")]
    pq.write_table(listings(*photos, "a.jpg"), tmp_path / "in.parquet")
    hosts = PhotoHosts.read("http://cdn.example.com, http://inner.example.com")

    with run_app(site(tmp_path)) as port:
        network = PublicNetwork(resolve=resolve, inner=Internet(port))
        fetcher = Fetcher(hosts, most_bytes=2**20, network=network)
        score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=model, fetcher=fetcher)

    messages = [row["error_message"] for row in rows_of(tmp_path / "out.parquet")]
    assert messages[0] is None
    assert messages[1] == "the photo's host answers 404"
    assert None not in messages[2:6]
    assert messages[6] is None


@pytest.mark.parametrize(
    ("photo_address", "told"),
    [
        ("https://cdn.example.com/a.jpg", "photos are fetched only from hosts that TRUESHELF_PHOTO_HOSTS names"),
        ("ftp://cdn.example.com/a.jpg", "photos are paths, or file://, s3:// and https:// addresses"),
        ("memory://a.jpg", "photos are paths, or file://, s3:// and https:// addresses"),
        ("file::s3://shop/a.jpg", "photos are paths, or file://, s3:// and https:// addresses"),
    ],
)
def test_photos_at_other_addresses_are_their_listings_error(
    photo_address: str, told: str, tmp_path: Path, model: ServedModel
) -> None:
    pq.write_table(listings(photo_address), tmp_path / "in.parquet")

    score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", model=model)

    (row,) = rows_of(tmp_path / "out.parquet")
    assert row["error_field"] == "photos[0]"
    assert told in row["error_message"]


@pytest.mark.parametrize("address", ["nowhere://a/b.parquet", "simplecache::s3://a/b.parquet"])
def test_an_address_of_no_known_kind_is_told(address: str, tmp_path: Path, model: ServedModel) -> None:
    with pytest.raises(ValueError, match="is neither a path nor an address such as"):
        score_table(address, tmp_path / "out.parquet", model=model)
