"""`python -m training suspects`: the training answers that are probably wrong, for people to look at."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from training.cli.output import AsJson, draw, print_json, say
from training.settings import Settings
from trueshelf.listings import Head

if TYPE_CHECKING:
    from training.suspect_report import Suspects


def suspects(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A version such as 3, an alias such as champion, latest, a run's id, a bundle's folder or its run's.",
        ),
    ],
    *,
    head: Annotated[Head | None, typer.Option(help="Of one head only.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many, the most doubtful first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the training answers that a model of other sellers' listings does not believe, the most doubtful first.

    `probability` is that of yes, and `margin` is by how much the other answer is more probable than the one given.

    Example: python -m training suspects latest --head counterfeit --limit 20
    """
    from training.suspect_report import SUSPECTS, Suspects

    found = Suspects.read(_beside(model, SUSPECTS)).only(head, limit)
    if as_json:
        print_json(
            {
                "model": model,
                "heads": {name: asdict(counts) for name, counts in found.heads.items()},
                "suspects": [dict(row) for row in found.rows],
            }
        )
    draw(_table(found))
    say(*found.sentences())


def _beside(model: str, name: str) -> Path:
    """The file that a run left beside its model."""
    from training.registry import artifact, resolve

    folder = Path(model)
    for place in (folder, folder.parent):
        if folder.is_dir() and (place / name).is_file():
            return place / name
    settings = Settings.read()
    return artifact(resolve(model, settings), name, settings)


def _table(found: "Suspects") -> Any:
    from rich.table import Table

    table = Table("listing", "head", "answer", "probability", "margin", "provenance")
    for row in found.rows:
        table.add_row(
            row["listing_id"],
            row["head"],
            row["answer"],
            f"{row['probability']:.3f}",
            f"{row['margin']:+.3f}",
            row["provenance"] or "–",
        )
    return table
