"""`python -m training explain`: why a model judges one listing as it does, with a map over each of its photos."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from training.cli.models import ModelName, OwnDataset
from training.cli.output import AsJson, draw, print_json, progress_bars, say
from training.settings import Settings

if TYPE_CHECKING:
    from trueshelf.listings import Listing
    from trueshelf.models.bundle import Bundle
    from trueshelf.models.heatmap import Heatmap
    from trueshelf.models.notes import Note
    from trueshelf.models.verdict import Reason, Verdict


def explain(
    model: ModelName,
    *,
    listing: Annotated[str, typer.Option(metavar="ID", help="The listing's id in the dataset.")],
    dataset: OwnDataset = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the verdict and the maps are put.")] = Path(
        "explanation"
    ),
    cells: Annotated[int, typer.Option(min=2, max=16, help="Cells of a map along each side.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Explain one verdict: its reasons, and for each photo and head a map of where the verdict comes from.

    Red parts of a photo speak for "yes" and blue ones against it, measured by blurring each part and asking again.

    Example: python -m training explain champion --dataset datasets/market --listing L00012 --out why
    """
    import os

    from training.measuring import dataset_of
    from training.registry import resolve
    from trueshelf.models.bundle import Bundle

    settings = Settings.read()
    found = resolve(model, settings)
    opened = dataset_of(found, dataset)
    chosen = next((each for each in opened.listings() if each.id == listing), None)
    if chosen is None:
        raise ValueError(f"{opened.folder} has no listing {listing!r}")
    bundle = Bundle.load(found.folder, threads=os.cpu_count() or 1)
    explained = _explained(bundle, chosen, out, cells=cells)
    (out / "verdict.json").write_text(json.dumps(explained, indent=2, ensure_ascii=False), encoding="utf-8")
    if as_json:
        print_json(explained)
    draw(_table(explained))
    say(f"written: {out / 'verdict.json'} and {len(explained['maps'])} maps beside it")


def _explained(bundle: "Bundle", listing: "Listing", out: Path, *, cells: int) -> dict[str, Any]:
    from trueshelf.models.verdict import ItemError

    answer = bundle.predict([listing])[0]
    if isinstance(answer, ItemError):
        raise ValueError(f"listing {listing.id}, {answer.field}: {answer.message}")
    out.mkdir(parents=True, exist_ok=True)
    return {
        "listing_id": listing.id,
        "heads": {
            head.value: {"probability": verdict.probability, "action": verdict.action.value}
            for head, verdict in answer.heads.items()
        },
        "reasons": [_reason(reason) for reason in answer.reasons],
        "notes": [_note(note) for note in answer.notes],
        "maps": _maps(bundle, listing, answer, out, cells=cells),
    }


def _maps(bundle: "Bundle", listing: "Listing", verdict: "Verdict", out: Path, *, cells: int) -> list[dict[str, Any]]:
    from trueshelf.models.heatmap import heatmaps, small
    from trueshelf.models.overlay import overlay, pointed_at

    maps = []
    with progress_bars() as progress:
        for photo in range(len(listing.photos)):
            image = small(listing.photos[photo])
            for head, heatmap in heatmaps(bundle, listing, photo, cells=cells).items():
                path = out / f"photo-{photo}-{head.value}.png"
                overlay(image, heatmap, pointed_at(verdict.reasons, head, photo)).save(path)
                maps.append(_map(heatmap, path))
            progress("look at photos again", photo + 1, len(listing.photos))
    return maps


def _map(heatmap: "Heatmap", path: Path) -> dict[str, Any]:
    return {
        "photo": heatmap.photo,
        "head": heatmap.head.value,
        "file": path.name,
        "hottest": [round(side, 4) for side in heatmap.hottest],
        "heat": heatmap.heat_GG.round(4).tolist(),
    }


def _reason(reason: "Reason") -> dict[str, Any]:
    from trueshelf.models.reason_labels import LABELS_FOR_STAFF

    return {
        "code": reason.code.value,
        "head": reason.head.value,
        "contribution": reason.contribution,
        "direction": reason.direction.value,
        "meaning": LABELS_FOR_STAFF[reason.code],
        "evidence": dict(reason.evidence),
    }


def _note(note: "Note") -> dict[str, str]:
    from trueshelf.models.notes import LABELS_FOR_STAFF

    return {"code": note.code.value, "field": note.field, "meaning": LABELS_FOR_STAFF[note.code]}


def _table(explained: dict[str, Any]) -> Any:
    from rich.table import Table

    heads = ", ".join(
        f"{head} {verdict['probability']:.3f} ({verdict['action']})" for head, verdict in explained["heads"].items()
    )
    table = Table("head", "reason", "log-odds", "evidence", title=f"{explained['listing_id']}: {heads}")
    for reason in explained["reasons"]:
        evidence = ", ".join(f"{name} {text}" for name, text in reason["evidence"].items())
        moved = "" if reason["contribution"] is None else f"{reason['contribution']:+.2f}"
        table.add_row(reason["head"], reason["meaning"], moved, evidence)
    for note in explained["notes"]:
        table.add_row("", note["meaning"], "", note["field"])
    return table
