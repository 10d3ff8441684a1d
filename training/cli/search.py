"""`python -m training search`: settings that rank the validation listings best."""

import re
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from training.cli.output import AsJson, print_json, progress_bars, say
from training.settings import Settings

_SECONDS = {"s": 1, "m": 60, "h": 3600, "": 1}


def search(
    *,
    dataset: Annotated[Path, typer.Option(metavar="DIR", help="A dataset folder.")],
    recipe: Annotated[str, typer.Option(metavar="NAME", help="The recipe whose settings are searched.")] = "listings",
    trials: Annotated[int, typer.Option(min=1, help="How many trials in all, those of earlier calls included.")] = 30,
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="Begin no trial after so long, such as 90s, 30m or 2h.")
    ] = "",
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=LOW..HIGH[:log]",
            help="Search a field in a range, or among choices as FIELD=A|B|C; the recipe's own space by default.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Fix a field of the recipe's config.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search for the settings that rank validation listings best; neither calibration nor test listings are read.

    A search that was killed goes on when the same command is given again. Trials are MLflow runs under the search's.

    Example: python -m training search --dataset datasets/market --trials 30 --space learning_rate=0.0003..0.003:log
    """
    from training.overrides import overridden
    from training.recipes import RECIPES
    from training.searching import Search
    from training.searching import search as searched
    from training.space import dimensions_of
    from trueshelf.listings import Dataset

    if recipe not in RECIPES:
        raise ValueError(f"there is no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    chosen = RECIPES[recipe]
    if chosen.rehearsal is None:
        raise ValueError(f"the recipe {recipe} cannot be searched")
    asked = Search(
        recipe_name=recipe,
        recipe=chosen,
        config=overridden(chosen.config(), settings or ()),
        dimensions=dimensions_of(space or (), chosen.rehearsal.space),
        settings=Settings.read(),
    )
    limit = seconds(timeout) if timeout else None
    with progress_bars() as progress:
        found = searched(
            Dataset.open(dataset),
            asked,
            trials=trials,
            timeout=limit,
            progress=progress,
        )
    fixed = [each for each in settings or () if each.partition("=")[0].strip() not in found.best]
    values = [*fixed, *(f"{name}={value}" for name, value in found.best.items())]
    command = ["python", "-m", "training", "train", "--dataset", str(dataset), "--recipe", recipe]
    command += [word for value in values for word in ("--set", value)]
    if as_json:
        print_json({**asdict(found), "command": shlex.join(command)})
    say(
        f"mean validation PR-AUC {found.score:.4f}, best of {found.finished} trials; {found.pruned} more were ended "
        "early",
        f"next: {shlex.join(command)}",
    )


def seconds(text: str) -> float:
    """The seconds in a time such as 90s, 30m or 2h.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if found is None:
        raise ValueError(f"--timeout {text!r} is no time such as 90s, 30m or 2h")
    return float(found[1]) * _SECONDS[found[2]]
