"""A listing's signals from the facts of all its photos.

Shapes: N photos, Q facts.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Head, Listing
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.photo_facts import PHOTO_FACTS
from trueshelf.models.signals.spec import Finding, Floats, Part, SignalSpec, finding

_POOR = (Head.LOW_QUALITY,)
_BOTH = (Head.COUNTERFEIT, Head.LOW_QUALITY)

SPECS: Final = (
    SignalSpec("photos", _BOTH, "photos", "how many photos there are"),
    SignalSpec("photos_repeated", _POOR, "photos", "photos that the listing shows again"),
    SignalSpec("photo_side", _POOR, "log2 pixels", "the smallest photo's shorter side"),
    SignalSpec("photo_shape", _POOR, "ln", "the most unusual ratio of a photo's sides"),
    SignalSpec("photo_bytes_per_pixel", _BOTH, "ln bytes", "how little is stored of the most compressed photo"),
    SignalSpec("photo_sharpness", _POOR, "ln(1 + variance)", "the Laplacian's variance in the least sharp photo"),
    SignalSpec("photo_edge_strength", _POOR, "share", "the strongest edges of the least sharp photo"),
    SignalSpec("photo_dark", _POOR, "grey", "the brightest parts of the darkest photo"),
    SignalSpec("photo_bright", _POOR, "grey", "the darkest parts of the brightest photo"),
    SignalSpec("photo_contrast", _POOR, "grey", "the weakest contrast of a photo"),
    SignalSpec("photo_background", _BOTH, "share", "how even the background is, on average"),
    SignalSpec("photo_bars", _POOR, "share", "even bars at top and bottom"),
    SignalSpec("photo_bars_inked", _POOR, "share", "such bars with writing in them, as screenshots have"),
    SignalSpec("photo_seam", _POOR, "share", "the longest straight edge through the middle, as collages have"),
    SignalSpec("photo_blockiness", _POOR, "ratio", "the strongest compression blocks"),
    SignalSpec("photo_watermark", _POOR, "share", "the most even thin half-transparent marks"),
    SignalSpec("photo_colourfulness", _BOTH, "0 to 1", "mean distance between the colour channels, on average"),
)

_DARKEST = 70.0
_BRIGHTEST = 205.0
_INDEX = {name: index for index, name in enumerate(PHOTO_FACTS)}


def measure_photos(listing: Listing, facts: Sequence[Floats]) -> Part:
    """Signals and findings from the facts of a listing's photos, in their order; NaN where there is none."""
    facts_NQ = np.array(facts, dtype=np.float64).reshape(len(facts), len(PHOTO_FACTS))
    digests = [photo.digest for photo in listing.photos]
    repeated = len(digests) - len(set(digests))
    values = {"photos": float(len(digests)), "photos_repeated": float(repeated)} | _summary(facts_NQ)
    findings: tuple[Finding, ...] = finding(ReasonCode.NO_PHOTO, len(digests), ["photos"], field="photos")
    findings += finding(ReasonCode.PHOTO_REPEATED, repeated, ["photos_repeated"], field="photos")
    for code, fact, worst, signals in _FAULTS:
        findings += _worst_fault(code, _column(facts_NQ, fact), worst, signals)
    return Part(values, findings + _badly_lit(facts_NQ))


_FAULTS: Final = (
    (ReasonCode.PHOTO_TINY, "side", np.nanargmin, ("photo_side",)),
    (ReasonCode.PHOTO_BLURRED, "edge_strength", np.nanargmin, ("photo_edge_strength", "photo_sharpness")),
    (ReasonCode.PHOTO_BLOCKY, "blockiness", np.nanargmax, ("photo_blockiness",)),
    (ReasonCode.PHOTO_WATERMARKED, "watermark", np.nanargmax, ("photo_watermark",)),
    (ReasonCode.PHOTO_COLLAGE, "seam", np.nanargmax, ("photo_seam",)),
    (ReasonCode.PHOTO_SCREENSHOT, "bars_inked", np.nanargmax, ("photo_bars_inked", "photo_bars")),
)


def _summary(facts_NQ: npt.NDArray[np.float64]) -> dict[str, float]:
    """The signals that sum up all photos, each by its worst photo or by the mean."""
    column = {name: _column(facts_NQ, name) for name in (*PHOTO_FACTS, "side")}
    lowest = {
        name: float(np.nanmin(column[name])) if np.isfinite(column[name]).any() else math.nan
        for name in ("side", "bytes_per_pixel", "sharpness", "edge_strength", "dark", "contrast")
    }
    highest = {
        name: float(np.nanmax(column[name])) if np.isfinite(column[name]).any() else math.nan
        for name in ("bright", "bars", "bars_inked", "seam", "blockiness", "watermark")
    }
    mean = {name: float(column[name].mean()) if len(facts_NQ) else math.nan for name in ("background", "colourfulness")}
    shapes = np.abs(np.log(column["width"] / column["height"]))
    return {
        "photo_side": math.log2(lowest.pop("side")),
        "photo_shape": float(shapes.max()) if len(shapes) else math.nan,
        "photo_bytes_per_pixel": math.log(lowest.pop("bytes_per_pixel")),
        **{f"photo_{name}": value for name, value in (lowest | highest | mean).items()},
    }


def _column(facts_NQ: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
    if name == "side":
        return np.minimum(_column(facts_NQ, "width"), _column(facts_NQ, "height"))
    return facts_NQ[:, _INDEX[name]]


def _worst_fault(
    code: ReasonCode,
    values: npt.NDArray[np.float64],
    worst: Callable[[npt.NDArray[np.float64]], np.intp],
    signals: tuple[str, ...],
) -> tuple[Finding, ...]:
    if not np.isfinite(values).any():
        return ()
    index = int(worst(values))
    return finding(code, float(values[index]), signals, field=f"photos[{index}]")


def _badly_lit(facts_NQ: npt.NDArray[np.float64]) -> tuple[Finding, ...]:
    """The first photo whose brightest parts are dark, or whose darkest parts are bright."""
    for index, (dark, bright) in enumerate(zip(_column(facts_NQ, "dark"), _column(facts_NQ, "bright"), strict=True)):
        if dark <= _DARKEST or bright >= _BRIGHTEST:
            found = "too dark" if dark <= _DARKEST else "too bright"
            return finding(
                ReasonCode.PHOTO_BADLY_LIT, 1, ["photo_dark", "photo_bright"], field=f"photos[{index}]", found=found
            )
    return ()
