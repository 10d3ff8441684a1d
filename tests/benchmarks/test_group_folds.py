import csv
from io import BytesIO
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.group_folds import Photos, folds, imported
from trueshelf.listings import Photo
from trueshelf.testing import make_photo


@given(
    st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=20, max_size=120),
    st.integers(2, 5),
    st.integers(0, 3),
)
def test_no_fold_divides_a_group(labels: list[tuple[int, bool]], count: int, seed: int) -> None:
    groups, fakes = zip(*labels, strict=True)
    _, group_N = np.unique(groups, return_inverse=True)
    answers_NK = np.stack([np.array(fakes), np.full(len(fakes), -1)], axis=1).astype(np.int64)
    photos = Photos([Photo.of(b"")] * len(fakes), answers_NK, group_N.astype(np.int64), 0)
    if not 0 < sum(fakes) < len(fakes):
        return
    fold_N = folds(photos, count=count, seed=seed)
    assert set(fold_N) <= set(range(count))
    assert all(len(set(fold_N[group_N == group])) == 1 for group in group_N)


def recoded(photo: Photo) -> Photo:
    out = BytesIO()
    Image.open(BytesIO(photo.read())).resize((300, 220)).save(out, "JPEG", quality=60)
    return Photo.of(out.getvalue())


def test_groups_that_share_a_photo_are_one(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    shared = make_photo(seed=1)
    rows = [
        ("a", shared, "fake"),
        ("b", recoded(shared), "original"),
        ("b", make_photo(colour=(20, 160, 30), seed=4), "fake"),
    ]
    rows.append(("c", make_photo(colour=(10, 20, 200), seed=2), "original"))
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "label", "group"])
        for number, (group, photo, label) in enumerate(rows):
            (tmp_path / "images" / f"{number}.jpg").write_bytes(photo.read())
            writer.writerow([f"{number}.jpg", label, group])
    found = imported(tmp_path, tmp_path / "dataset")
    by_digest = {photo.digest: group for photo, group in zip(found.photos, found.group_N.tolist(), strict=True)}
    groups = [by_digest[photo.digest] for _, photo, _ in rows]
    assert groups[0] == groups[1] == groups[2]
    assert groups[3] != groups[0]
    assert found.joined == 1
    assert int(found.fake_N.sum()) == 2
