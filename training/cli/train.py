"""`python -m training train`: one recipe on one dataset, tracked, resumable, registered."""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.output import AsJson, draw, print_json, progress_bars, say
from training.settings import MODEL_NAME, Settings


def train(
    *,
    dataset: Annotated[Path, typer.Option(metavar="DIR", help="A dataset folder.")],
    recipe: Annotated[
        str, typer.Option(metavar="NAME", help="How to train; `python -m training recipes` lists all.")
    ] = "listings",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change a field of the recipe's config; may be repeated."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Train anew though this very run is finished.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on a dataset and register it as `listing-risk`.

    A run that was killed goes on where it stopped when the same command is given again; a finished one is not repeated.

    Example: python -m training train --dataset datasets/market --recipe listings --set epochs=20 --set seed=1

    On several processes: torchrun --nproc-per-node 2 -m training train --dataset datasets/market
    """
    from training.fit import help_out
    from training.overrides import overridden
    from training.ranks import joined
    from training.recipes import RECIPES
    from training.runs import train_run
    from trueshelf.listings import Dataset

    if recipe not in RECIPES:
        raise ValueError(f"there is no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    chosen = RECIPES[recipe]
    config = overridden(chosen.config(), settings or ())
    opened = Dataset.open(dataset)
    with joined() as here, progress_bars() as progress:
        if not here.leads:
            return help_out(here)
        if here.count > 1 and not chosen.shared:
            raise ValueError(f"the recipe {recipe} trains in one process; torchrun started {here.count}")
        trained = train_run(opened, recipe, chosen, config, settings=Settings.read(), again=again, progress=progress)
    if as_json:
        print_json(
            {
                "run_id": trained.run_id,
                "version": trained.version,
                "model": f"models:/{MODEL_NAME}/{trained.version}",
                "bundle": str(trained.bundle),
                "dataset_digest": opened.digest,
                "already_there": trained.already_there,
                "seconds": dict(trained.seconds),
                "report": trained.report,
            }
        )
    from training.evaluation.table import human_table
    from training.stopwatch import profile

    if trained.already_there:
        say("this very run is finished already; --again trains it anew")
    draw(human_table(trained.report))
    if trained.seconds:
        say(*profile(trained.seconds).splitlines())
    say(
        f"run {trained.run_id}, registered as {MODEL_NAME} version {trained.version}",
        f"next: python -m training promote {trained.version}",
    )
    return None


def recipes(*, as_json: AsJson = False) -> None:
    """List the recipes with the fields that `train --set` changes, and their defaults."""
    from dataclasses import asdict

    from training.recipes import RECIPES

    if as_json:
        print_json(
            {name: {"summary": recipe.summary, "config": asdict(recipe.config())} for name, recipe in RECIPES.items()}
        )
    for name, recipe in RECIPES.items():
        say(
            f"{name}: {recipe.summary}",
            *(f"    --set {field}={value}" for field, value in asdict(recipe.config()).items()),
        )
