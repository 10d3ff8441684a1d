"""The last steps of every recipe: evaluate the unsealed bundle on the test split, write its card, seal it, log all
of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.evaluation.card import model_card
from training.evaluation.plots import evaluation_plots
from training.evaluation.report import report
from training.evaluation.run import evaluate_bundle
from training.progress import Progress
from training.recipes.recipe import Outcome, Workspace
from training.tracking import Tracker
from trueshelf.listings import Dataset, Listing, Split
from trueshelf.models.bundle import Bundle
from trueshelf.models.packing import seal


def judged(
    bundle: Bundle,
    dataset: Dataset,
    *,
    golden: Sequence[Listing],
    workspace: Workspace,
    tracker: Tracker,
    progress: Progress,
) -> Outcome:
    """Evaluate on the test split, which nothing was fitted on; then seal the bundle with its card and golden
    listings."""
    predictions = evaluate_bundle(bundle, dataset, Split.TEST, progress=progress)
    predictions.write(workspace.run / "test_predictions.parquet")
    generated = bool(dataset.card.get("generated"))
    found = report(
        predictions,
        thresholds=bundle.thresholds,
        prevalences=bundle.prevalences,
        model=bundle.manifest.name,
        dataset=dataset.name,
        generated=generated,
    )
    card = model_card(found, manifest=bundle.manifest, dataset=dataset)
    seal(bundle, card=card, golden=golden)
    tracker.text("model_card.md", card)
    tracker.text("report.json", json.dumps(found, indent=2))
    note = "Measured on generated data" if generated else ""
    plots = evaluation_plots(
        predictions, bundle.thresholds, workspace.run / "plots", prevalences=bundle.prevalences, note=note
    )
    for figure in plots:
        tracker.figure(figure)
    for name, value in figures(found):
        tracker.metric(f"test.{name}", value, step=0)
    return Outcome(workspace.bundle, found)


def figures(found: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a report that are worth comparing between runs, by name."""
    for head, measures in found["heads"].items():
        groups = {"": measures} | {f"at_{prevalence}.": field for prevalence, field in found["field"][head].items()}
        for prefix, group in groups.items():
            for name, measure in group.items():
                value = measure["value"] if isinstance(measure, dict) else measure
                if value is not None and not isinstance(value, bool):
                    yield f"{head}.{prefix}{name}", float(value)
