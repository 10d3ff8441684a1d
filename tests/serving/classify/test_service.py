"""The service as it is run: BentoML's own command, a real model, a real socket."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pyarrow.parquet as pq
import pytest

from serving.requirements import requirements
from serving.score import score_table
from serving.settings import Settings
from trueshelf.client import Client, Judged
from trueshelf.client.offers import document_of
from trueshelf.listings import Dataset
from trueshelf.models import Verdict

SERVICE = "serving.classify.service:Classify"
TOLERANCE = 1e-4


@contextmanager
def served(what: str, *, folder: Path, environment: dict[str, str]) -> Iterator[Client]:
    """`bentoml serve` in a folder, until the block is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bentoml", "serve", what, "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            with Client(f"http://127.0.0.1:{port}") as client:
                client.wait_until_ready(seconds=300)
                yield client
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment without settings of ours, with BentoML's store in a folder of the test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRUESHELF_", "BENTOML_"))}
    return kept | {"BENTOML_HOME": str(tmp_path / "bentoml"), "BENTOML_DO_NOT_TRACK": "true", "TRUESHELF_THREADS": "1"}


@pytest.mark.slow
def test_http_batch_and_library_give_the_same_verdicts(
    bundle_folder: Path, market: Dataset, environment: dict[str, str], tmp_path: Path
) -> None:
    from serving.classify.model import load_model

    listings = list(market.listings())[:16]
    (tmp_path / "images").symlink_to(market.folder / "images")
    pq.write_table(market.table("listings").slice(0, 16), tmp_path / "listings.parquet")
    for name in ("shops.parquet", "labels.parquet", "dataset.toml"):  # what was known of shops by the earliest listings
        (tmp_path / name).symlink_to(market.folder / name)
    model = load_model(bundle_folder)
    score_table(tmp_path, tmp_path / "verdicts.parquet", model=model)
    batch = {row["listing_id"]: row for row in pq.read_table(tmp_path / "verdicts.parquet").to_pylist()}
    environment |= {"PYTHONPATH": str(Path.cwd()), "TRUESHELF_MODEL": str(bundle_folder)}

    with served(SERVICE, folder=tmp_path, environment=environment) as client:
        over_http = list(client.judge_all(listings))
        metrics = urlopen(f"{client.address}/metrics").read().decode()  # noqa: S310 (our own address)
        script = urlopen(f"{client.address}/static_content/swagger-ui-bundle.js").read()  # noqa: S310

    for listing, result, answer in zip(listings, over_http, model.predict(listings), strict=True):
        assert isinstance(answer, Verdict)
        assert isinstance(result, Judged)
        assert result.listing_id == listing.id == answer.listing_id
        for head, verdict in answer.heads.items():
            found = result.verdict.heads[head].probability
            assert found == pytest.approx(verdict.probability, abs=TOLERANCE)
            assert found == pytest.approx(batch[listing.id][f"{head.value}_probability"], abs=TOLERANCE)
    assert 'trueshelf_requests_total{route="/v1/verdicts",status="200"} 1.0' in metrics
    assert len(script) > 100_000


@pytest.mark.slow
def test_a_bento_serves_from_elsewhere(
    bundle_folder: Path, market: Dataset, environment: dict[str, str], tmp_path: Path
) -> None:
    build = [sys.executable, "-m", "serving", "bento", "--model", str(bundle_folder)]
    subprocess.run(build, env=environment, check=True, capture_output=True)
    (bento,) = (tmp_path / "bentoml" / "bentos" / "trueshelf_classify").glob("*/bento.yaml")
    elsewhere = tmp_path / "elsewhere"
    bento.parent.rename(elsewhere)
    packed = {path.relative_to(elsewhere / "src").parts[0] for path in (elsewhere / "src").rglob("*") if path.is_file()}
    assert packed == {"bentofile.yaml", "bundle", "serving", "trueshelf"}

    installed = (elsewhere / "env" / "python" / "requirements.txt").read_text().splitlines()
    assert set(requirements()) <= set(installed)

    with served(str(elsewhere), folder=tmp_path, environment=environment) as client:
        result = client.judge(next(market.listings()))

    assert isinstance(result, Judged)


@pytest.mark.slow
def test_answering_imports_no_training_framework_and_no_registry(bundle_folder: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from starlette.testclient import TestClient
from serving.classify.api import create_app
from serving.classify.model import ModelSlot, load_model
from serving.settings import Settings
from trueshelf.client.offers import document_of
from trueshelf.testing import make_listing

listing = make_listing()
model = load_model(Path({str(bundle_folder)!r}))
client = TestClient(create_app(ModelSlot(model), Settings(data=Path())), base_url="http://127.0.0.1")
before = set(sys.modules)
assert "verdict" in client.post("/v1/verdicts", json=document_of(listing, listing.photos)).json()["results"][0]
print(sorted({{"torch", "transformers", "mlflow", "training", "sklearn", "scipy"}} & set(sys.modules)))
"""

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.slow
def test_bad_photos_of_every_kind_spoil_no_real_verdict(bundle_folder: Path, market: Dataset, photo: bytes) -> None:
    import base64

    from starlette.testclient import TestClient

    from serving.classify.api import create_app
    from serving.classify.model import ModelSlot, load_model

    client = TestClient(
        create_app(ModelSlot(load_model(bundle_folder)), Settings(data=Path())), base_url="http://127.0.0.1"
    )
    documents: list[dict[str, Any]] = [document_of(listing, listing.photos) for listing in list(market.listings())[:24]]
    alone = [client.post("/v1/verdicts", json=each).json()["results"][0] for each in documents]
    for index, content in ((3, photo[:300]), (11, b"<svg/>"), (12, b"GIF89a"), (23, bytes(1000))):
        documents[index]["photos"] = [base64.b64encode(content).decode()]

    found = client.post("/v1/verdicts", json={"listings": documents}).json()["results"]

    assert [index for index, result in enumerate(found) if "error" in result] == [3, 11, 12, 23]
    for index, result in enumerate(found):
        if "verdict" in result:
            for head, answer in result["verdict"]["heads"].items():
                expected = alone[index]["verdict"]["heads"][head]["probability"]
                assert answer["probability"] == pytest.approx(expected, abs=TOLERANCE)
