"""Features on disk are those that serving makes of the same listings."""

import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from training.feature_files import FeatureFiles, FeatureWriter, PhotoFile, Sighted
from trueshelf.listings import Listing
from trueshelf.listings.images import decode
from trueshelf.models.fusion import FeatureSizes, collate
from trueshelf.models.ngrams import Counted, NgramFrequencies, NgramSpec
from trueshelf.models.perception import Percept
from trueshelf.models.preprocessing import Preprocessing, SignalMoments, ngram_fields
from trueshelf.models.sight import Sight
from trueshelf.models.signals import SIGNALS, Tables, inspect_photo, measure
from trueshelf.testing import make_listing, make_photo

SIZES = FeatureSizes(views=2, image=3, text=4)
PHOTOS = [make_photo(64, 64, seed=seed) for seed in range(3)]
LISTINGS = [
    make_listing(id="one", photos=(PHOTOS[0],)),
    make_listing(id="three", title="Nike Air nike air nike", photos=(PHOTOS[1], PHOTOS[0], PHOTOS[2])),
    make_listing(id="no photo", photos=()),
    make_listing(id="no text", title="", description="", attributes={}, price=None, photos=(PHOTOS[2], PHOTOS[2])),
    make_listing(id="nothing", title="", description="", attributes={}, photos=()),
]


def percept(listing: Listing) -> Percept:
    """What an encoder might see: numbers that the photo's and the text's content determine."""
    sights = []
    for photo in listing.photos:
        rng = np.random.default_rng(int(photo.digest[:8], 16))
        views_VD = rng.standard_normal((SIZES.views, SIZES.image), dtype=np.float32)
        sights.append(Sight(views_VD, inspect_photo(decode(photo.read()))))
    none_PVD = np.zeros((0, SIZES.views, SIZES.image), dtype=np.float32)
    views_PVD = np.stack([each.views_VD for each in sights]) if sights else none_PVD
    text_T = np.full(SIZES.text, len(listing.title), dtype=np.float32) if listing.title else None
    return Percept(views_PVD, tuple(sights), text_T)


def written(folder: Path, listings: Sequence[Listing], spec: NgramSpec) -> tuple[FeatureFiles, Preprocessing]:
    tables = Tables.fit(listings)
    photos = PhotoFile(folder / "views.npy", SIZES)
    writer = FeatureWriter(folder / "some", photos, SIZES, signals=len(SIGNALS))
    frequencies, moments = NgramFrequencies(spec), SignalMoments(len(SIGNALS))
    for listing in listings:
        seen, counted = percept(listing), Counted.of(ngram_fields(listing), spec)
        signals_K = measure(listing, seen.sights, tables).values
        moments.add(signals_K[None])
        frequencies.add(counted)
        writer.add(Sighted([photo.digest for photo in listing.photos], seen, counted.kept(spec.most), signals_K))
    preprocessing = Preprocessing(tables, frequencies.weights(), moments.scale())
    views = photos.finished()
    assert len(views) == len({photo.digest for listing in listings for photo in listing.photos})
    return writer.finished(views, preprocessing.ngrams, preprocessing.scale), preprocessing


@pytest.mark.parametrize("rows", [[0], [4], [2, 4], [1, 3, 0, 1], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("most", [5, 2048])
def test_a_batch_from_disk_is_the_batch_that_serving_collates(tmp_path: Path, rows: list[int], most: int) -> None:
    files, preprocessing = written(tmp_path, LISTINGS, NgramSpec(buckets=4096, most=most))
    found = files.batch(rows)
    expected = collate([preprocessing(LISTINGS[row], percept(LISTINGS[row])).features for row in rows], SIZES)
    assert len(files) == len(LISTINGS)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_allclose(found[name], value, rtol=1e-6, err_msg=name)


def test_another_process_that_is_handed_the_files_reads_the_same(tmp_path: Path) -> None:
    files, _ = written(tmp_path, LISTINGS, NgramSpec(buckets=4096))
    content = pickle.dumps(files)
    assert len(content) < 3 * 4096 * 8
    for name, value in pickle.loads(content).batch([1, 4]).items():  # noqa: S301
        np.testing.assert_array_equal(files.batch([1, 4])[name], value, err_msg=name)
