"""The model card: what a model is, what it was made from, what it is worth and where it must not be trusted.

Everything in it is a fact of the manifest, the dataset's card or the report; the same model gives the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from training.evaluation.table import (
    FIELD_HEADER,
    GENERATED,
    NAMES,
    field_rows,
    interval_text,
    prevalence_lines,
    promise_lines,
    promise_text,
    unresolved_note,
)
from trueshelf.listings import Dataset
from trueshelf.models.manifest import Manifest
from trueshelf.models.precision import Precision

_SLICES_SHOWN = 8

_INDEPENDENT = (
    "The sellers behind the calibration listings are not known, so listings were counted as independent. Should many "
    "be of one seller, they are alike and the confidence is lower than stated: where 95 % was promised, simulations "
    "kept 94 to 90 % with a correlation of 0.3 within a shop and 78 to 63 % with 0.9."
)

_LABEL_SHIFT = (
    'was stated, not measured; it makes probabilities right only where "yes" and "no" listings look in the field as '
    "they do in the dataset (label shift)"
)


def model_card(report: Mapping[str, Any], *, manifest: Manifest, dataset: Dataset) -> str:
    """The model card in Markdown."""
    purpose = (
        "Answers for a marketplace listing whether it offers a counterfeit and whether it is of low quality, with a "
        "calibrated probability, an action (pass, review, act) and reasons for each."
    )
    sections = [
        f"# {manifest.name}",
        GENERATED if report["generated"] or dataset.card.get("generated") else "",
        purpose,
        "## Made of\n\n" + _bullets(_parts(manifest)),
        "## Data\n\n" + _bullets(_data(dataset)),
        "## Worth\n\n" + _worth(report),
        "## Actions\n\n" + _actions(report, manifest),
        "## Where it is weak\n\n" + _weak(report),
        "## Limits\n\n" + _bullets(_limits(report)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _parts(manifest: Manifest) -> Iterable[tuple[str, object]]:
    yield "Image encoder", f"{manifest.image.name}, {manifest.image.size} px, {manifest.view.count} views a photo"
    yield "Text encoder", f"{manifest.text.name}, {manifest.text.max_tokens} tokens"
    for name, value in manifest.made.items():
        yield name.replace("_", " ").capitalize(), _said(value)
    for precision, judgement in manifest.judgements.items():
        for head, calibrator in judgement.calibrators.items():
            slopes = (
                f"slopes {calibrator.low:.3g} below and {calibrator.high:.3g} above logit 0, "
                f"offset {calibrator.offset:.3g}"
            )
            note = f"{'; ' if calibrator.note else ''}{calibrator.note}"
            yield f"Calibration of {head.value} in {precision.value}", f"{slopes}{note}"


def _data(dataset: Dataset) -> Iterable[tuple[str, object]]:
    yield "Dataset", f"{dataset.name}, digest `{dataset.digest}`"
    for key in ("source", "licence", "made"):
        if key in dataset.card:
            yield key.capitalize(), dataset.card[key]
    counts = sorted((split.value, count) for split, count in dataset.split_sizes().items())
    yield "Listings", ", ".join(f"{count} {split}" for split, count in counts)
    for key, value in dataset.card.get("split", {}).items():
        if key != "listings":
            yield f"Split {key.replace('_', ' ')}", _said(value)
    for head, meaning in dataset.card.get("labels", {}).items():
        yield f"Label {head}", meaning


def _worth(report: Mapping[str, Any]) -> str:
    heads = report["heads"]
    text = (
        f"On the {report['split']} split: {report['listings']} listings of {report['shops']} shops, none of which the "
        "model was fitted on. In brackets the 95 % interval, by redrawing shops."
    )
    rows = [["yes of labelled", *(f"{found['positives']} of {found['n']}" for found in heads.values())]]
    rows.append(["probability above 0.8", *(str(found["tail"]) for found in heads.values())])
    rows += [[name, *(interval_text(found[measure]) for found in heads.values())] for measure, name in NAMES.items()]
    lines = "".join(f"- {line}.\n" for line in prevalence_lines(report))
    return "\n\n".join(part for part in (text, _table(["", *heads], rows), lines.rstrip()) if part)


def _actions(report: Mapping[str, Any], manifest: Manifest) -> str:
    lines = [f"- {line}." for head in report["thresholds"] for line in promise_lines(report, head)]
    if any(thresholds["acts"] and not thresholds["per_shop"] for thresholds in report["thresholds"].values()):
        lines.append(f"- {_INDEPENDENT}")
    lines += [f"- {line}." for line in _in_int8(manifest)]
    at_bound = [
        f"{head} {found['at_bound']:.3f} at {float(prevalence):.1%}"
        for head, prevalences in report["field"].items()
        for prevalence, found in prevalences.items()
        if found["at_bound"] is not None
    ]
    said = [
        'What answers come to where "yes" is as rare as among all incoming listings:',
        _table(FIELD_HEADER, field_rows(report)),
        unresolved_note(report),
        f"Precision of acting were the promise used up: {', '.join(at_bound)}." if at_bound else "",
    ]
    return "\n".join(lines) + "".join(f"\n\n{text}" for text in said if text)


def _in_int8(manifest: Manifest) -> Iterable[str]:
    """What each head's thresholds entitle to where encoders compute in int8."""
    if Precision.INT8 not in manifest.judgements:
        yield "In int8 it gives no verdicts: nothing was calibrated for that"
        return
    for head, each in manifest.judgement(Precision.INT8).thresholds.items():
        text = promise_text({"review": each.review, "act": each.act, **asdict(each.guarantee)})
        also = f"; {len(each.groups)} categories have thresholds of their own" if each.groups else ""
        yield f"{head.value} with int8 encoders, which no figure here is about: {text}{also}"


def _weak(report: Mapping[str, Any]) -> str:
    rows = [
        (part["roc_auc"]["value"], [head, column, value, str(part["n"]), str(part["positives"]), *_cells(part)])
        for head, columns in report["slices"].items()
        for column, values in columns.items()
        for value, part in values.items()
        if part["roc_auc"] is not None and part["roc_auc"]["value"] is not None
    ]
    if not rows:
        return "No part of the test split has enough labelled listings to be measured by itself."
    rows.sort(key=lambda row: row[0])
    header = ["head", "by", "value", "n", "yes", "ROC-AUC", "false-action rate"]
    shown = [cells for _, cells in rows[:_SLICES_SHOWN]]
    return f"The {len(shown)} weakest of {len(rows)} slices by ROC-AUC:\n\n{_table(header, shown)}"


def _cells(part: Mapping[str, Any]) -> list[str]:
    return [interval_text(part["roc_auc"]), interval_text(part["false_action_rate"])]


def _limits(report: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    about = (
        "is about each category named with one and about all others together, while they stay as they were; a smaller "
        "part, such as a category without a promise of its own, or a later month may differ"
    )
    yield "The promise", about
    if any(found and found["stated"] for found in report["prevalence"].values()):
        yield "The prevalence", _LABEL_SHIFT
    yield (
        "Listings it cannot answer",
        f"{report['errors']} of the {report['split']} split got an error, and are in no figure",
    )
    yield "People decide on shops", "a verdict is about one listing and closes no shop"


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d}"
        case Mapping():
            return ", ".join(f"{key} {_said(item)}" for key, item in value.items())
        case _:
            return str(value)


def _bullets(facts: Iterable[tuple[str, object]]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in facts)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; bars in values (a brand may hold one) are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
