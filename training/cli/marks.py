"""`python -m training marks`: the networks that find, name and compare brand marks, made anew."""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.output import progress_bars, say
from training.settings import Settings

_WEIGHTS = Path("training/marks/weights")


def marks(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the graphs; recipes read the default.")] = _WEIGHTS,
    finder_steps: Annotated[int, typer.Option(min=1, help="Steps of the network that finds marks.")] = 1_200,
    namer_steps: Annotated[int, typer.Option(min=1, help="Steps of the network that says which mark it is.")] = 3_000,
    comparer_steps: Annotated[
        int, typer.Option(min=1, help="Steps of the network that compares it with the true one.")
    ] = 4_500,
    seed: Annotated[int, typer.Option(help="Of first weights and of all pictures.")] = 0,
) -> None:
    """Learn the networks that look for brand marks in photos, and write their graphs.

    Nobody needs this to train a model: the project carries the graphs. It is for those who have changed the table of
    brands' icons, how marks are drawn, or a network.

    Pictures are drawn by code from the icons of simple-icons-pack, as they are needed; no photo is read. It takes about
    40 minutes on one core and goes on where it was stopped. `python -m benchmarks.marks` then measures what they are
    worth, on icons that were kept aside too.

    Example: python -m training marks
    """
    from training.marks.learning import LearningConfig
    from training.marks.making import make_networks

    config = LearningConfig(
        finder_steps=finder_steps, namer_steps=namer_steps, comparer_steps=comparer_steps, seed=seed
    )
    with progress_bars() as progress:
        make_networks(out, Settings.read().work, progress, config=config)
    say(f"made {out}", "measure it with: python -m benchmarks.marks")
