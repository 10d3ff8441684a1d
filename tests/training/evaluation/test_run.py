from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from training.data.folder import store_photo, write_dataset
from training.evaluation.run import evaluate_bundle, latency_ms
from trueshelf.listings import Dataset, Head, Listing, Split
from trueshelf.listings.tables import listing_to_row
from trueshelf.models.verdict import Action, HeadVerdict, ItemError, Scored, Verdict
from trueshelf.testing import make_listing


class Lengths:
    """Scores a listing by the length of its title; a title that starts with "broken" has no verdict."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def score(self, listings: Sequence[Listing]) -> list[Scored | ItemError]:
        self.calls.append(len(listings))
        return [self._answer(listing) for listing in listings]

    def _answer(self, listing: Listing) -> Scored | ItemError:
        if listing.title.startswith("broken"):
            return ItemError(listing.id, "photos[0]", "no photo")
        logit = float(len(listing.title))
        heads = {head: HeadVerdict(1 / (1 + np.exp(-logit)), Action.REVIEW) for head in Head}
        return Scored(Verdict(listing.id, heads, ()), dict.fromkeys(Head, logit))


def dataset(folder: Path, titles: Sequence[str]) -> Dataset:
    listings = [make_listing(id=f"l{row}", shop_id=f"s{row % 3}", title=title) for row, title in enumerate(titles)]
    photo = store_photo(folder, listings[0].photos[0].read())
    label = {"head": "counterfeit", "provenance": "reviewer", "labelled_at": None, "detail": ""}
    return write_dataset(
        folder,
        name="titles",
        card={"source": "this test", "licence": "none", "made": "by hand"},
        listings=[listing_to_row(listing, photos=[photo]) for listing in listings],
        labels=[{"listing_id": f"l{row}", "answer": ["yes", "no"][row % 2], **label} for row in range(len(titles) - 1)],
        splits=[{"listing_id": f"l{row}", "split": "test", "reason": None} for row in range(len(titles))],
    )


def test_answers_stay_with_their_listings_and_errors_are_counted(tmp_path: Path) -> None:
    titles = ["x" * row if row % 10 else f"broken {row}" for row in range(1, 151)]
    predictions = evaluate_bundle(Lengths(), dataset(tmp_path, titles), Split.TEST)
    assert predictions.errors == 15
    assert len(predictions) == 135
    answers = predictions.heads[Head.COUNTERFEIT]
    for row in range(len(predictions)):
        number = int(predictions.listing_N[row][1:])
        assert predictions.shop_N[row] == f"s{number % 3}"
        assert answers.logit_N[row] == number + 1
        assert answers.label_N[row] == (-1 if number == 149 else 1 - number % 2)
    assert set(answers.action_N) == {"review"}
    assert (predictions.heads[Head.LOW_QUALITY].label_N == -1).all()
    assert set(predictions.slices["category"]) == {"shoes"}


def test_progress_reaches_its_end(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    evaluate_bundle(Lengths(), dataset(tmp_path, ["x"] * 70), progress=lambda *step: seen.append(step))
    assert seen == [("evaluate", 64, 70), ("evaluate", 70, 70)]


def test_a_split_without_listings_or_verdicts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the train split of .* is empty"):
        evaluate_bundle(Lengths(), dataset(tmp_path / "a", ["x"]), Split.TRAIN)
    with pytest.raises(ValueError, match=r"no listing of the test split of .* gets a verdict: .*no photo"):
        evaluate_bundle(Lengths(), dataset(tmp_path / "b", ["broken"]))


def test_latency_asks_for_one_listing_at_a_time() -> None:
    bundle = Lengths()
    assert latency_ms(bundle, [make_listing() for _ in range(5)]) >= 0
    assert bundle.calls == [1] * 5
    with pytest.raises(ValueError, match="1 listings are too few"):
        latency_ms(bundle, [make_listing()])
