"""The mark networks with the true marks of all brands, made once and kept by what determines them.

The folder that `marks_folder` gives is what a bundle carries as `marks/`.
"""

import hashlib
import json
import logging
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim

from training.marks.icons import all_icons, brand_icons, drawn
from training.marks.learning import LearningConfig, Report, learn_comparer, learn_finder
from training.marks.networks import FinderNetwork
from training.marks.scenes import Studio
from training.progress import Progress
from trueshelf.models.marks.files import MarkFile
from trueshelf.models.marks.geometry import CANVAS

_VERSION = 1
"""Raised when drawing, networks or training change, so that what older versions kept is made anew."""

_OTHERS = 120


def marks_folder(
    shared: Path, progress: Progress, *, config: LearningConfig | None = None, held_out: tuple[str, ...] = ()
) -> Path:
    """The finder, the comparer and the true marks, trained where they are not there yet.

    Args:
        held_out: brands whose marks the networks shall not have seen; their true marks are there all the same.
    """
    config, brands = config or LearningConfig(), brand_icons()
    facts = json.dumps([_VERSION, config.to_dict(), brands, _learnt_icons(brands, held_out)], sort_keys=True)
    folder = shared / "encoders" / f"marks-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            made = Path(work) / folder.name
            made.mkdir()
            _make(made, config, brands, held_out, progress)
            made.replace(folder)  # in one step: a folder that is there is whole
    return folder


def _learnt_icons(brands: Mapping[str, str], held_out: tuple[str, ...]) -> list[str]:
    """The brands' marks, and others spread over the alphabet, so that networks learn marks and not these brands."""
    left_out = set(brands.values())
    others = [icon for icon in all_icons() if icon not in left_out]
    step = len(others) // _OTHERS
    return [icon for brand, icon in brands.items() if brand not in held_out] + others[::step][:_OTHERS]


def _make(
    folder: Path, config: LearningConfig, brands: Mapping[str, str], held_out: tuple[str, ...], progress: Progress
) -> None:
    studio = Studio.of(_ink(_learnt_icons(brands, held_out)))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the pictures are drawn by a thread beside it
    try:
        finder = learn_finder(studio, config, _told("learn to find marks", config.finder_steps, progress))
        comparer = learn_comparer(studio, config, _told("learn to compare marks", config.comparer_steps, progress))
    finally:
        torch.set_num_threads(threads)
    references = drawn(list(brands.values()))
    np.save(folder / MarkFile.REFERENCES, references, allow_pickle=False)
    _export(finder, (torch.zeros(1, 3, CANVAS, CANVAS + 16),), folder / MarkFile.FINDER)
    _export(
        comparer, (torch.zeros(2, 3, CANVAS, CANVAS), torch.zeros(2, 1, CANVAS, CANVAS)), folder / MarkFile.COMPARER
    )
    (folder / MarkFile.BRANDS).write_text(json.dumps(list(brands), ensure_ascii=False), encoding="utf-8")


def _ink(icons: list[str]) -> Tensor:
    return torch.from_numpy(drawn(icons)).float()[:, None] / 255


def _told(stage: str, steps: int, progress: Progress) -> Report:
    def report(step: int, _: float) -> None:
        progress(stage, step + 1, steps)

    return report


def _export(network: nn.Module, example: tuple[Tensor, ...], path: Path) -> None:
    sides = {0: Dim.STATIC, 1: Dim.STATIC, 2: Dim.DYNAMIC, 3: Dim.DYNAMIC}
    shapes = (sides,) if isinstance(network, FinderNetwork) else tuple({0: Dim.DYNAMIC} for _ in example)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecated calls
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            dynamic_shapes=shapes,
            input_names=["pixels", "references"][: len(example)],
            verbose=False,
        )
    assert program is not None
    program.save(str(path))
