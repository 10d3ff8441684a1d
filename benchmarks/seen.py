"""Every split of a dataset as a bundle sees it: what all models of a contest are fitted on and asked about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.parts import Part, read_parts
from training.looking import perceived
from training.recipes.sellers import who
from trueshelf.listings import Dataset, Split
from trueshelf.models.bundle import Bundle
from trueshelf.models.disk_cache import DiskCache
from trueshelf.models.fusion import Features
from trueshelf.models.perception import Percept

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A split with everything that a model may look at.

    Attributes:
        features: what the bundle's network reads of each listing.
        behind: who stands behind each listing, its operator or else its shop; None where neither is known.
    """

    part: Part
    percepts: Sequence[Percept]
    features: Sequence[Features]
    behind: Sequence[str | None]
    rates: Mapping[str, float]


def look(dataset: Dataset, bundle: Bundle, shared: Path, told: Told) -> dict[Split, Seen]:
    """All splits; embeddings come from the cache in `shared` where they are there."""
    shops = dataset.shops()
    with DiskCache(shared / "embeddings") as cache:
        perceiver = bundle.remembering(cache).perceiver
        found = {}
        for split, part in read_parts(dataset).items():
            chunks = perceived(perceiver, part.listings, told, split.value)
            pairs = [pair for listings, percepts in chunks for pair in zip(listings, percepts, strict=True)]
            percepts = [percept for _, percept in pairs]
            features = [bundle.preprocessing(listing, percept).features for listing, percept in pairs]
            behind = [who(listing, shops) for listing in part.listings]
            found[split] = Seen(part, percepts, features, behind, dataset.rates)
    return found
