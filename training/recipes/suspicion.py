"""Which answers of the training listings are probably wrong, and what becomes of them, in the recipe `listings`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.abreast import abreast
from training.boosting import BoostConfig
from training.data.parts import Part
from training.examples import Examples
from training.hearing import Behind, Heard, heard
from training.progress import Progress
from training.recipes.listings_config import ListingsConfig
from training.recipes.preparation import Prepared
from training.suspect_report import SUSPECTS, TABLE, Suspects
from training.suspects import doubted, undoubted
from training.tracking import Tracker
from trueshelf.listings import Split

_STAGE = "doubt labels"


@dataclass(frozen=True, slots=True)
class Taught:
    """What models are taught.

    Attributes:
        examples: of every split, the training split with the answers that are kept.
        heads: what is heard of each head, in the order of `Head`.
    """

    examples: Mapping[Split, Examples]
    heads: list[Heard]


def taught(
    ready: Prepared,
    part: Part,
    behind: Behind,
    config: ListingsConfig,
    *,
    run: Path,
    tracker: Tracker,
    progress: Progress,
) -> Taught:
    """Report on suspected answers, in the run's folder and to the tracker; leave them out where the config says so.

    Args:
        part: the training listings.
        run: the run's folder.
    """
    progress(_STAGE, 0, 1)
    examples, buckets = ready.seen.examples, ready.sizes.buckets
    heads = heard(examples[Split.TRAIN], behind, buckets=buckets, seed=config.seed)
    doubts = abreast(lambda each: doubted(each, BoostConfig(seed=config.seed)), heads)
    _told(Suspects.of(part, doubts), run, tracker)
    if config.suspects == "drop":
        examples = {**examples, Split.TRAIN: undoubted(examples[Split.TRAIN], doubts)}
        heads = heard(examples[Split.TRAIN], behind, buckets=buckets, seed=config.seed)
    progress(_STAGE, 1, 1)
    return Taught(examples, heads)


def _told(suspects: Suspects, run: Path, tracker: Tracker) -> None:
    run.mkdir(parents=True, exist_ok=True)
    suspects.write(run / SUSPECTS)
    (run / TABLE).write_text(suspects.text(), encoding="utf-8")
    for name in (SUSPECTS, TABLE):
        tracker.file(run / name)
