from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from training.data.duplicates import (
    listing_text,
    pairs_within,
    photo_likeness,
    text_code,
    text_likeness,
)
from training.data.fingerprints import Fingerprint, read_fingerprints
from training.data.folder import store_photo

SENTENCE = "genuine leather wallet with six card slots a coin pocket and a gift box shipped from our store in two days"
WORDS = SENTENCE.split()


def photo(seed: int, *, size: int = 320, quality: int = 85, flat: bool = False) -> bytes:
    """Blobs of colour: enough structure for a perceptual hash."""
    rng = np.random.default_rng(seed)
    pixels = np.full((9, 9, 3), 128) if flat else rng.integers(0, 256, (9, 9, 3))
    picture = Image.fromarray(pixels.astype(np.uint8)).resize((640, 640), Image.Resampling.BICUBIC)
    content = BytesIO()
    picture.resize((size, size)).save(content, "JPEG", quality=quality)
    return content.getvalue()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 40), bits=st.integers(0, 80))
def test_pairs_are_those_of_a_plain_search(seed: int, count: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**63, size=(1, 4), dtype=np.uint64)
    codes = base ^ (
        rng.integers(0, 2**63, size=(count, 4), dtype=np.uint64)
        & rng.integers(0, 2**63, size=(count, 4), dtype=np.uint64)
    )
    plain = [
        (i, j)
        for i in range(count)
        for j in range(i + 1, count)
        if sum(int(a ^ b).bit_count() for a, b in zip(codes[i].tolist(), codes[j].tolist(), strict=True)) <= bits
    ]
    assert sorted(map(tuple, pairs_within(codes, bits).tolist())) == plain


def test_pairs_are_found_across_blocks() -> None:
    codes = np.arange(600, dtype=np.uint64)[:, None] << np.uint64(32)
    codes[599] = codes[3]
    assert [3, 599] in pairs_within(codes, 0).tolist()


def jaccard(first: str, second: str) -> float:
    a, b = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (first, second))
    return len(a & b) / len(a | b)


def test_text_codes_estimate_the_jaccard_similarity() -> None:
    rng = np.random.default_rng(0)
    base = " ".join(WORDS * 2)
    texts = [base[: len(base) - cut] + " ".join(rng.permutation(WORDS))[:cut] for cut in range(0, 200, 10)]
    codes = [text_code(text) for text in texts]
    for text, code in zip(texts, codes, strict=True):
        estimate = 1 - 2 * int(np.bitwise_count(code ^ codes[0]).sum()) / 512
        assert estimate == pytest.approx(jaccard(text, texts[0]), abs=0.13)


def test_texts_are_compared_without_case_width_and_punctuation() -> None:
    words = " ".join(WORDS)
    rows = [
        {"title": words},
        {"title": "", "description": f"!! {words.upper()} ***"},
        {"title": "shoes " * 20},
        {"title": "short"},
    ]
    likeness = text_likeness(rows)
    assert likeness.nodes_M.tolist() == [0, 0, 1]
    assert listing_text({"title": "Ｎｉｋｅ_Air  Max!", "description": None}) == "nike air max"


def test_a_photo_is_found_again_small_and_badly_compressed(tmp_path: Path) -> None:
    contents = [photo(1), photo(1, size=200, quality=30), photo(2), photo(3, flat=True), photo(4, flat=True, size=300)]
    rows = [{"photos": [store_photo(tmp_path, content)]} for content in contents]
    fingerprints = read_fingerprints(tmp_path, [row["photos"][0] for row in rows], workers=1)
    likeness = photo_likeness(rows, fingerprints)
    assert likeness.edges_E2.tolist() == [[0, 1]]
    assert likeness.listings_M.tolist() == [0, 1, 2], "flat photos are left out"
    assert likeness.reach(np.array([True, False, False])).tolist() == [True, True, False]


def test_what_is_wrong_with_a_photo_stands_in_its_place(tmp_path: Path) -> None:
    good, cut = store_photo(tmp_path, photo(1)), store_photo(tmp_path, photo(2)[:900])
    found = read_fingerprints(tmp_path, [good, cut, "images/no.jpg"], workers=1)
    assert isinstance(found.get(good), Fingerprint)
    assert isinstance(found.get(cut), str)
    assert found.get("images/no.jpg") == "is missing"


@pytest.mark.slow
def test_several_processes_find_the_same(tmp_path: Path) -> None:
    paths = [store_photo(tmp_path, photo(seed, size=64)) for seed in range(300)]
    several, alone = (read_fingerprints(tmp_path, paths, workers=workers) for workers in (2, 1))
    assert [several.get(path) for path in paths] == [alone.get(path) for path in paths]
