"""A report as people read it in a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from training.evaluation.gate import Check

NAMES = {
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "recall_at_precision_90": "recall at precision ≥ 0.9",
    "recall_at_bound": "recall at the bound",
    "false_action_rate": "false-action rate",
    "recall_at_capacity": "recall in the top 5 %",
    "brier": "Brier score",
    "ece": "calibration error",
    "ks_error": "calibration error, no bins",
    "tail_error": "too sure above 0.8 by",
}
"""What people call the measures of a report."""

GENERATED = "Measured on generated data: it says how the parts work together, not how the model does on a marketplace."

FIELD_HEADER = ("head", "yes", "precision of acting", "PR-AUC", "recall, precision ≥ 0.9", "recall, top 5 %")

UNRESOLVED = (
    'With an asterisk: the test part has too few "no" listings to tell a precision of 0.9 where "yes" is that rare; '
    "this is the recall before the first false alarm."
)

_WEAKEST = 3


def human_table(report: Mapping[str, Any]) -> RenderableType:
    """The heads side by side, their thresholds in words, and the weakest slices."""
    table = Table(title=_title(report), title_justify="left", title_style="bold")
    table.add_column("")
    for head, found in report["heads"].items():
        table.add_column(f"{head}\n{found['positives']} yes of {found['n']}", justify="right")
    for measure, name in NAMES.items():
        table.add_row(name, *(interval_text(found[measure]) for found in report["heads"].values()))
    lines: list[RenderableType] = [table, _field_table(report)]
    lines += [Text(line) for line in prevalence_lines(report)]
    lines += [Text(line) for head in report["thresholds"] for line in promise_lines(report, head)]
    lines += [Text(line) for head in report["slices"] for line in weakest_slices(report, head)]
    if report["errors"]:
        lines.append(
            Text(f"{report['errors']} listings got an error instead of a verdict and are left out", style="yellow")
        )
    if report["generated"]:
        lines.append(Text(GENERATED, style="yellow"))
    return Group(*lines)


def precisions_table(
    reports: Mapping[str, Mapping[str, Any]], flips: Mapping[str, Mapping[str, Any]]
) -> RenderableType:
    """One model's reports in several precisions side by side, and how many verdicts are others in the second."""
    first = next(iter(reports.values()))
    table = Table("head", "measure", *reports, title=_title(first), title_justify="left", title_style="bold")
    for head in first["heads"]:
        for measure, name in NAMES.items():
            table.add_row(head, name, *(interval_text(each["heads"][head][measure]) for each in reports.values()))
    lines: list[RenderableType] = [table]
    lines += [
        Text(f"{name}, {line}")
        for name, each in reports.items()
        for head in each["thresholds"]
        for line in promise_lines(each, head)
    ]
    lines += [
        Text(f"{head}: {each['flips']} of {each['listings']} verdicts flip, {each['flips_at_act']} to or from act")
        for head, each in flips.items()
    ]
    if first["generated"]:
        lines.append(Text(GENERATED, style="yellow"))
    return Group(*lines)


def field_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """What answers are worth at the prevalences of the field: a row for each, under `FIELD_HEADER`."""
    return [
        [
            head,
            f"{float(prevalence):.1%}",
            brief(found["precision"]),
            brief(found["pr_auc"]),
            brief(found["recall_at_precision_90"]) + ("" if found["resolved"] else " *"),
            brief(found["recall_at_capacity"]),
        ]
        for head, prevalences in report["field"].items()
        for prevalence, found in prevalences.items()
    ]


def unresolved_note(report: Mapping[str, Any]) -> str:
    """What the asterisk in `field_rows` means; empty where there is none."""
    resolved = (found["resolved"] for prevalences in report["field"].values() for found in prevalences.values())
    return "" if all(resolved) else UNRESOLVED


def checks_table(checks: list[Check]) -> Table:
    """The gate's checks, one a line."""
    table = Table(show_header=False, box=None)
    for check in checks:
        mark = Text("passed", style="green") if check.passed else Text("failed", style="bold red")
        table.add_row(mark, check.name, check.detail)
    return table


def interval_text(measure: Mapping[str, float | None] | None) -> str:
    """`0.912 (0.887 to 0.934)`, or a dash where the data do not define the measure."""
    if measure is None or measure["value"] is None:
        return "–"
    return f"{measure['value']:.3f} ({measure['low']:.3f} to {measure['high']:.3f})"


def brief(measure: Mapping[str, float | None]) -> str:
    """`.912 (.887–.934)`, for tables with many columns."""
    if measure["value"] is None:
        return "–"
    value, low, high = (f"{measure[name]:.3f}".replace("0.", ".", 1) for name in ("value", "low", "high"))
    return f"{value} ({low}–{high})"


def promise_lines(report: Mapping[str, Any], head: str) -> list[str]:
    """What a head's thresholds entitle to, then those of each category that has its own, with how it did."""
    thresholds = report["thresholds"][head]
    lines = [f"{head}: {promise_text(thresholds)}"]
    for name, each in thresholds["categories"].items():
        measured = f"measured {brief(each['false_action_rate'])} of {each['negatives']}"
        lines.append(f"{head}, {name}: {promise_text(each)}; {measured}")
    if thresholds["groups"] > 1:
        lines.append(f"{head}: that holds of all {thresholds['groups']} at once; the first is of all other categories")
    return lines


def promise_text(thresholds: Mapping[str, Any]) -> str:
    """What a head's thresholds entitle to, in a sentence."""
    if thresholds["act"] is None:
        return f"{thresholds['why_not']}; review above {thresholds['review']:.3f}"
    drawn = "one listing from each of {} sellers" if thresholds["per_shop"] else "{} listings, taken as independent"
    return (
        f"acts above {thresholds['act']:.3f}, reviews above {thresholds['review']:.3f}; of listings that do not "
        f"deserve it at most {thresholds['alpha']:.4g} are acted upon, with confidence {thresholds['confidence']:.4g} "
        f"({drawn.format(thresholds['n'])})"
    )


def prevalence_lines(report: Mapping[str, Any]) -> list[str]:
    """What share of "yes" each head's probabilities are for."""
    return [
        f"{head}: {prevalence_text(found)}" for head, found in report["prevalence"].items() if prevalence_text(found)
    ]


def prevalence_text(prevalence: Mapping[str, Any] | None) -> str:
    """What share of "yes" probabilities are for, as half a sentence; empty where it is not known."""
    if prevalence is None:
        return ""
    share = f'probabilities are for listings of which {prevalence["share"]:.2%} are "yes"'
    if prevalence["stated"]:
        return f"{share}, as was stated of the field; calibration and queue are measured as if the test set had as many"
    return f"{share}, as of the answers that they were calibrated by; where fewer are, they are too high"


def weakest_slices(report: Mapping[str, Any], head: str) -> list[str]:
    """The slices with the lowest ROC-AUC among those with enough listings, worst first."""
    parts = [
        (part["roc_auc"]["value"], f"{head}, {column} {value}: ROC-AUC {interval_text(part['roc_auc'])}, n {part['n']}")
        for column, values in report["slices"][head].items()
        for value, part in values.items()
        if part["roc_auc"] is not None and part["roc_auc"]["value"] is not None
    ]
    return [text for _, text in sorted(parts)[:_WEAKEST]]


def _field_table(report: Mapping[str, Any]) -> RenderableType:
    title = 'Were "yes" as rare as among all incoming listings'
    table = Table(*FIELD_HEADER, title=title, title_justify="left", title_style="bold", caption_justify="left")
    table.caption = unresolved_note(report) or None
    for row in field_rows(report):
        table.add_row(*row)
    return table


def _title(report: Mapping[str, Any]) -> str:
    of = f"{report['model']} on " if report["model"] else ""
    where = f"{report['dataset']}, {report['split']}" if report["dataset"] else f"the {report['split']} split"
    return f"{of}{where}: {report['listings']} listings of {report['shops']} shops"
