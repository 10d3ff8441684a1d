"""Figures of a model's answers: precision against recall, reliability, score histograms, slices, training curves.

Figures are made without pyplot, so that nothing global changes. Shapes: N labelled listings, B bins.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from training.evaluation.calibration import equal_mass_bins
from training.evaluation.metrics import Ranking, at_prevalence
from training.evaluation.predictions import HeadPredictions, Predictions
from training.evaluation.report import stated_share
from trueshelf.listings import Head
from trueshelf.models.prevalence import Prevalence
from trueshelf.models.verdict import Thresholds

INK, MUTED, GRID = "#1f2933", "#7b8794", "#e4e7eb"
YES, NO, REVIEW = "#c2410c", "#2563a8", "#b7791f"

_PANEL_INCHES = (5.2, 4.0)
_DPI = 150
_HISTOGRAM_BINS = 40

Floats = npt.NDArray[np.float64]
Panel = Callable[[Axes, HeadPredictions, Thresholds, Floats], None]


def evaluation_plots(
    predictions: Predictions,
    thresholds: Mapping[Head, Thresholds],
    folder: Path,
    *,
    prevalences: Mapping[Head, Prevalence | None] = MappingProxyType({}),
    note: str = "",
) -> list[Path]:
    """Write `precision_recall.png`, `reliability.png` and `scores.png`, a panel a head; their paths.

    Args:
        prevalences: what the probabilities are for; reliability is shown there.
        note: shown below every figure, for instance that the data are generated.
    """
    panels: dict[str, Panel] = {"precision_recall": _precision_recall, "reliability": _reliability, "scores": _scores}
    folder.mkdir(parents=True, exist_ok=True)
    shares = {head: stated_share(prevalences.get(head)) for head in predictions.heads}
    return [
        _panels(predictions, thresholds, shares, panel, folder / f"{name}.png", note) for name, panel in panels.items()
    ]


def training_curves(
    history: Mapping[str, Sequence[float]], path: Path, *, best: int | None = None, note: str = ""
) -> Path:
    """Write one panel for each measure over the epochs, its last value beside its end.

    Args:
        history: the values of each measure, an epoch each.
        best: the epoch whose weights were kept.
    """
    figure = _figure(len(history))
    for axes, (name, values) in zip(figure.axes, history.items(), strict=True):
        _style(axes, name.replace("_", " "), "epoch", "")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.plot(range(len(values)), values, color=NO, linewidth=1.8)
        if values:
            axes.annotate(
                f" {values[-1]:.3g}",
                (len(values) - 1, values[-1]),
                color=NO,
                fontsize=9,
                va="center",
                annotation_clip=False,
            )
        if best is not None and best < len(values):
            axes.axvline(best, color=MUTED, linewidth=0.8, linestyle=":")
            axes.plot([best], [values[best]], "o", color=YES, markersize=5)
            axes.annotate(
                "kept", (best, values[best]), xytext=(4, 6), textcoords="offset points", color=YES, fontsize=9
            )
    return _save(figure, path, note)


def _panels(
    predictions: Predictions,
    thresholds: Mapping[Head, Thresholds],
    shares: Mapping[Head, float | None],
    panel: Panel,
    path: Path,
    note: str,
) -> Path:
    figure = _figure(len(predictions.heads))
    for axes, head in zip(figure.axes, predictions.heads, strict=True):
        answers = predictions.labelled(head).heads[head]
        weight_N = at_prevalence(np.ones((1, len(answers))), answers.positive, shares[head])[0]
        panel(axes, answers, thresholds[head], weight_N)
        yes = int(answers.positive.sum())
        axes.set_title(f"{head.value.replace('_', ' ')}  ", loc="left", fontsize=12, fontweight="bold", color=INK)
        axes.set_title(f"{yes:,} yes, {len(answers) - yes:,} no", loc="right", fontsize=9, color=MUTED)
        if not len(answers):
            axes.text(0.5, 0.5, "no labels", transform=axes.transAxes, ha="center", color=MUTED)
    return _save(figure, path, note)


def _precision_recall(axes: Axes, answers: HeadPredictions, thresholds: Thresholds, weight_N: Floats) -> None:
    del weight_N
    _style(axes, "", "recall", "precision")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    if not answers.positive.any():
        return
    curve = Ranking.of(answers.positive, answers.logit_N).curve(np.ones((1, len(answers))))
    recall_T, precision_T = curve.true_RT[0] / answers.positive.sum(), curve.precision()[0]
    axes.step(recall_T, precision_T, where="pre", color=NO, linewidth=1.8)
    lines = [(f"area {curve.pr_auc()[0]:.3f}", NO)]
    for taken, name, colour in ((answers.acted | answers.reviewed, "review", REVIEW), (answers.acted, "act", YES)):
        if taken.any():
            recall, precision = taken[answers.positive].mean(), answers.positive[taken].mean()
            axes.plot([recall], [precision], "o", color=colour, markersize=7, clip_on=False, zorder=3)
            above = _above(thresholds, name)
            lines.append((f"{name} above {above}: precision {precision:.2f}, recall {recall:.2f}", colour))
    share = float(answers.positive.mean())
    axes.axhline(share, color=MUTED, linewidth=0.8, linestyle=":")
    axes.text(0.98, share + 0.012, f"at random {share:.2f}", ha="right", color=MUTED, fontsize=9)
    base = 0.05 if share > 0.25 or share < 0.05 else share + 0.05
    for place, (text, colour) in enumerate(lines):
        axes.text(0.03, base + 0.06 * place, text, color=colour, fontsize=10)


def _above(thresholds: Thresholds, name: str) -> str:
    """The threshold of an action, or the range that those of several categories have."""
    found = (getattr(each, name) for each in (thresholds, *thresholds.groups.values()))
    values = sorted({f"{value:.2f}" for value in found if value is not None})
    return " to ".join(dict.fromkeys([values[0], values[-1]]))


def _reliability(axes: Axes, answers: HeadPredictions, thresholds: Thresholds, weight_N: Floats) -> None:
    del thresholds
    _style(axes, "", "probability given", "share that is yes")
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    if not len(answers) or np.isnan(weight_N).any():
        return
    bin_N = equal_mass_bins(answers.probability_N)
    for one in np.unique(bin_N):
        inside = bin_N == one
        given = float(np.average(answers.probability_N[inside], weights=weight_N[inside]))
        seen = float(np.average(answers.positive[inside], weights=weight_N[inside]))
        low, high = _wilson(seen, weight_N[inside].sum() ** 2 / np.square(weight_N[inside]).sum())
        axes.plot([given, given], [low, high], color=NO, linewidth=1.2, alpha=0.5, solid_capstyle="butt")
        axes.plot([given], [seen], "o", color=NO, markersize=5, clip_on=False)
    axes.text(0.97, 0.05, "dots: equally many listings each\nbars: 95 %", ha="right", color=MUTED, fontsize=9)


def _scores(axes: Axes, answers: HeadPredictions, thresholds: Thresholds, weight_N: Floats) -> None:
    del weight_N
    _style(axes, "", "probability given", "listings")
    edges = np.linspace(0, 1, _HISTOGRAM_BINS + 1)
    axes.set(xlim=(0, 1), yscale="symlog")
    for rows, name, colour, place in ((~answers.positive, "no", NO, 0.97), (answers.positive, "yes", YES, 0.9)):
        axes.hist(answers.probability_N[rows], bins=edges.tolist(), color=colour, alpha=0.55, linewidth=0)
        axes.text(0.2, place, name, transform=axes.transAxes, color=colour, fontsize=11, fontweight="bold", va="top")
    axes.set_ylim(0, 4 * axes.get_ylim()[1])
    for threshold, name, place in ((thresholds.review, "review ", 0.9), (thresholds.act, "act ", 0.97)):
        if threshold is not None:
            axes.axvline(threshold, color=INK, linewidth=0.9)
            transform = axes.get_xaxis_transform()
            axes.text(threshold, place, name, transform=transform, ha="right", va="top", color=INK, fontsize=10)


def _wilson(share: float, count: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a share (JASA 22, 1927); of weighted listings, the count is Kish's effective one."""
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, centre - half), min(1.0, centre + half)


def _figure(panels: int) -> Figure:
    width, height = _PANEL_INCHES
    figure = Figure(figsize=(width * max(1, panels), height), dpi=_DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes: npt.NDArray[np.object_] = figure.subplots(1, max(1, panels), squeeze=False)
    assert axes.shape == (1, max(1, panels))
    return figure


def _style(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.set_xlabel(x, color=INK, fontsize=10)
    axes.set_ylabel(y, color=INK, fontsize=10)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=0, labelsize=9)
    for side in axes.spines.values():
        side.set_visible(False)


def _save(figure: Figure, path: Path, note: str) -> Path:
    if note:
        figure.supxlabel(note, fontsize=8, color=MUTED, x=0.01, ha="left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    return path
