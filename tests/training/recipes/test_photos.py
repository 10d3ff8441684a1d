"""The recipe `photos` from a dataset folder to a bundle, with an encoder so small that it takes seconds."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from benchmarks.split_rules import with_table
from training.activations import activations
from training.answered_photos import answered_photos
from training.branched import cut
from training.close_reader import CloseReader
from training.data.folder import store_photo, write_dataset
from training.data.parts import read_parts
from training.progress import silent
from training.recipes import Outcome, Workspace
from training.recipes.photos import PhotosConfig, prior, read_closely, run
from training.tracking import NoTracker
from trueshelf.listings import Dataset, Head, Split
from trueshelf.listings.tables import SPLITS
from trueshelf.models.bundle import Bundle
from trueshelf.models.encoders.efficientnet_lite import EfficientNetLiteConfig, EfficientNetLiteModel
from trueshelf.models.prevalence import Prevalence
from trueshelf.models.verdict import Scored
from trueshelf.testing import make_photo

pytestmark = pytest.mark.slow

FAKE, GENUINE = (190, 60, 50), (60, 110, 190)
CONFIG = PhotosConfig(size=32, members=2, epochs=2, batch=8, close_views=2, prevalence=("counterfeit=0.02",))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Sixty listings whose articles are red where they are fakes and blue where they are genuine."""
    folder = tmp_path_factory.mktemp("coloured")
    split_of = [*(36 * ["train"]), *(4 * ["validation"]), *(10 * ["calibration"]), *(10 * ["test"])]
    listings, labels, splits = [], [], []
    for number, split in enumerate(split_of):
        name, fake = f"l{number:02}", number % 2 == 0
        photo = make_photo(96, 96, FAKE if fake else GENUINE, seed=number)
        photos = [store_photo(folder, photo.read())]
        listings.append({"listing_id": name, "shop_id": f"s{number}", "photos": photos})
        labels.append(
            {
                "listing_id": name,
                "head": "counterfeit",
                "answer": "yes" if fake else "no",
                "provenance": "reviewer",
            }
        )
        splits.append({"listing_id": name, "split": split, "reason": None})
    card = {"source": "a test", "licence": "none", "made": "by a test", "split": {"rule": "by number"}}
    return write_dataset(folder, name="coloured", card=card, listings=listings, labels=labels, splits=splits)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> PhotosConfig:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("lite")
    EfficientNetLiteModel(EfficientNetLiteConfig(width=0.2, depth=0.5, image_size=32, hidden_size=24)).save_pretrained(
        folder
    )
    return replace(CONFIG, image_encoder=str(folder))


@dataclass(frozen=True)
class Ran:
    """A finished run, and the reader that its bundle was made from."""

    outcome: Outcome
    reader: CloseReader
    workspace: Workspace


@pytest.fixture(scope="module")
def ran(
    dataset: Dataset, config: PhotosConfig, tmp_path_factory: pytest.TempPathFactory, workspace_folder: Path
) -> Ran:
    workspace = Workspace(run=tmp_path_factory.mktemp("run"), shared=workspace_folder)
    parts = read_parts(dataset)
    encoder = cut(config.image_encoder, size=config.size, stages=config.stages)
    reader = read_closely(encoder, parts, config, workspace=workspace, tracker=NoTracker(), progress=silent)
    # The same run again finds the members that are finished, as after a kill.
    outcome = run(dataset, config, workspace=workspace, tracker=NoTracker(), progress=silent)
    return Ran(outcome, reader, workspace)


def test_it_tells_fakes_by_their_photos(ran: Ran) -> None:
    measured = ran.outcome.report["heads"]["counterfeit"]
    assert measured["n"] == 10
    assert measured["roc_auc"]["value"] > 0.9


def test_the_bundle_goes_by_photos_alone(ran: Ran, dataset: Dataset) -> None:
    bundle, parts = Bundle.load(ran.outcome.bundle), read_parts(dataset)
    (listing,) = parts[Split.TEST].listings.take([0])
    variants = [listing, replace(listing, title="Replica AAA, mirror quality"), replace(listing, photos=())]
    plain, wordy, bare = (answer.logits for answer in bundle.score(variants) if isinstance(answer, Scored))
    assert wordy == pytest.approx(plain, abs=1e-5)
    assert bare[Head.COUNTERFEIT] == pytest.approx(prior(parts[Split.TRAIN].answers_NH)[0], abs=1e-5)
    assert bundle.thresholds[Head.COUNTERFEIT].act is None


def test_everything_says_what_prevalence_was_stated(ran: Ran) -> None:
    bundle = Bundle.load(ran.outcome.bundle)
    assert bundle.prevalences[Head.COUNTERFEIT] == Prevalence(0.02, stated=True)
    assert ran.outcome.report["prevalence"]["counterfeit"] == {"share": 0.02, "stated": True}
    assert '2.00% are "yes", as was stated of the field' in bundle.card


def test_the_bundle_answers_as_what_was_trained(ran: Ran, dataset: Dataset, config: PhotosConfig) -> None:
    parts = read_parts(dataset)
    part = parts[Split.TRAIN]
    encoder = cut(config.image_encoder, size=config.size, stages=config.stages)
    folder = ran.workspace.shared / "activations"
    photos = [photo for split in (Split.TRAIN, Split.VALIDATION) for photo in answered_photos(parts[split])[0]]
    seen = activations(encoder, config.view, photos, textured=True, folder=folder, progress=silent)
    answers = Bundle.load(ran.outcome.bundle).score(part.listings.take(range(8)))
    found_N = [answer.logits[Head.COUNTERFEIT] for answer in answers if isinstance(answer, Scored)]
    np.testing.assert_allclose(found_N, ran.reader(seen)[:8, 0], atol=0.02)


def test_a_run_that_was_killed_keeps_its_finished_members(ran: Ran, dataset: Dataset, config: PhotosConfig) -> None:
    (first, *_), (second, *_) = (sorted(ran.workspace.run.glob(f"close-{member}/*.safetensors")) for member in range(2))
    written = first.stat().st_mtime_ns
    shutil.rmtree(second.parent)
    encoder = cut(config.image_encoder, size=config.size, stages=config.stages)
    parts = read_parts(dataset)
    again = read_closely(encoder, parts, config, workspace=ran.workspace, tracker=NoTracker(), progress=silent)
    assert first.stat().st_mtime_ns == written
    for one, other in zip([*again.close, *again.whole], [*ran.reader.close, *ran.reader.whole], strict=True):
        torch.testing.assert_close(one.state_dict(), other.state_dict())


def test_without_a_calibration_split_nothing_is_trained(dataset: Dataset, config: PhotosConfig, tmp_path: Path) -> None:
    rows = [row | {"split": "train"} for row in dataset.table("splits").to_pylist()]
    untested = with_table(dataset, tmp_path / "data", "splits", pa.Table.from_pylist(rows, schema=SPLITS))
    workspace = Workspace(run=tmp_path / "run", shared=tmp_path / "shared")
    with pytest.raises(ValueError, match="the calibration split"):
        run(untested, config, workspace=workspace, tracker=NoTracker(), progress=silent)
