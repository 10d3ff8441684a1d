"""`python -m training evaluate`, `promote` and `compare`: what a registered model is worth."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from training.cli.output import FAILED, AsJson, draw, print_json, progress_bars, say
from training.data.portion import Portion
from training.environment import user
from training.settings import CHAMPION, MODEL_NAME, Settings

if TYPE_CHECKING:
    from training.measuring import Measured

MODEL_HELP = (
    "A version such as 3, an alias such as champion, latest, models:/listing-risk@champion, a run's id, "
    "or a bundle's folder."
)
ModelName = Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)]
OwnDataset = Annotated[
    Path | None, typer.Option("--dataset", metavar="DIR", help="A dataset folder; by default what MODEL was made from.")
]
OfSplit = Annotated[
    Portion, typer.Option(help="The part to measure on; all for a dataset of which nothing was trained on.")
]

_BOTH = "both"


def evaluate(
    model: ModelName,
    *,
    dataset: OwnDataset = None,
    split: OfSplit = Portion.TEST,
    precision: Annotated[str, typer.Option(help="fp32, int8 or both: the arithmetic of the encoders.")] = "fp32",
    as_json: AsJson = False,
) -> None:
    """Measure a model on a dataset, with 95 % intervals by shop and with slices.

    Both precisions are shown side by side, with how many verdicts are others in int8.

    Example: python -m training evaluate champion --dataset datasets/market --json
    """
    from training.evaluation.flips import flips
    from training.evaluation.table import human_table, precisions_table
    from training.measuring import dataset_of, measure
    from training.registry import resolve
    from trueshelf.models.precision import Precision

    settings = Settings.read()
    found = resolve(model, settings)
    opened = dataset_of(found, dataset)
    with progress_bars() as progress:
        measured = {
            each.value: measure(found, opened, split=split.part, settings=settings, progress=progress, precision=each)
            for each in (list(Precision) if precision == _BOTH else [Precision(precision)])
        }
    reports = {name: each.report for name, each in measured.items()}
    if len(reports) == 1:
        if as_json:
            print_json(reports[precision])
        return draw(human_table(reports[precision]))
    flipped = flips(*(each.predictions for each in measured.values()))
    if as_json:
        print_json({"precisions": reports, "flips": flipped})
    return draw(precisions_table(reports, flipped))


def promote(
    model: ModelName,
    *,
    dataset: OwnDataset = None,
    by: Annotated[str, typer.Option(help="Who promotes; the user's own name by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put a model through the gate; if it passes, it gets the alias `champion`, which the service follows.

    Exits with 1 if it fails, saying which checks and by how much.
    The champion, where there is one, is measured on the same listings. Every attempt is kept in mlruns/promotions.db.

    Example: python -m training promote latest
    """
    from training.candidacy import judge_candidate
    from training.evaluation.table import checks_table
    from training.promotion import Outcome, record
    from training.registry import resolve

    settings = Settings.read()
    candidate = resolve(model, settings)
    with progress_bars() as progress:
        promotion = judge_candidate(
            candidate,
            dataset,
            by=by or user(),
            at=datetime.now(tz=UTC),
            settings=settings,
            progress=progress,
        )
    if promotion is None:
        if as_json:
            print_json({"version": candidate.version, "outcome": "already_champion", "champion": candidate.version})
        return say(f"version {candidate.version} is the champion already")
    record(promotion, settings)
    promoted = promotion.outcome is Outcome.PROMOTED
    if as_json:
        print_json(
            {
                "version": promotion.candidate,
                "outcome": promotion.outcome.value,
                "champion_before": promotion.champion_before,
                "champion": promotion.candidate if promoted else promotion.champion_before,
                "dataset_digest": promotion.dataset_digest,
                "by": promotion.by,
                "at": promotion.at.isoformat(),
                "checks": [
                    {name: getattr(check, name) for name in ("name", "passed", "value", "limit", "detail")}
                    for check in promotion.checks
                ],
            }
        )
    draw(checks_table(list(promotion.checks)))
    if not promoted:
        failed = ", ".join(check.name for check in promotion.checks if not check.passed)
        say(f"version {promotion.candidate} is not promoted; it failed: {failed}")
        raise typer.Exit(FAILED)
    say(
        f"version {promotion.candidate} is the {CHAMPION}, as models:/{MODEL_NAME}@{CHAMPION}",
        "next: python -m serving start",
    )
    return None


def compare(
    first: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)],
    second: Annotated[str, typer.Argument(metavar="MODEL", help="The one to compare it with.")],
    *,
    dataset: OwnDataset = None,
    split: OfSplit = Portion.TEST,
    as_json: AsJson = False,
) -> None:
    """Show two models side by side on the same listings, with the difference's 95 % interval (first minus second).

    Example: python -m training compare latest champion
    """
    from training.evaluation.comparison import differences
    from training.measuring import dataset_of, measure
    from training.registry import resolve

    settings = Settings.read()
    models = [resolve(name, settings) for name in (first, second)]
    opened = dataset_of(models[0], dataset)
    with progress_bars() as progress:
        measured = [measure(model, opened, split=split.part, settings=settings, progress=progress) for model in models]
    first_prevalences, second_prevalences = (each.bundle.prevalences for each in measured)
    found = differences(
        measured[0].predictions, measured[1].predictions, prevalences=(first_prevalences, second_prevalences)
    )
    by_head = {
        head.value: {name: interval.to_dict() for name, interval in measures.items()}
        for head, measures in found.items()
    }
    if as_json:
        print_json(
            {
                "dataset": opened.name,
                "split": split.value,
                "models": [each.report for each in measured],
                "differences": by_head,
            }
        )
    draw(_side_by_side(measured, by_head))


def _side_by_side(measured: "list[Measured]", differences: dict[str, Any]) -> Any:
    from rich.table import Table

    from training.evaluation.table import NAMES, interval_text

    table = Table("head", "measure", *(each.model.label for each in measured), "difference")
    for head, measures in differences.items():
        for name, text in NAMES.items():
            values = [interval_text(each.report["heads"][head][name]) for each in measured]
            table.add_row(head, text, *values, interval_text(measures[name]))
    return table
