"""`python -m training dataset`: make, look at and check dataset folders."""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.output import AsJson, Plain, console, print_json, progress_bars

dataset = typer.Typer(cls=Plain, no_args_is_help=True, help="Make, check and look at dataset folders.")
build = typer.Typer(cls=Plain, no_args_is_help=True, help="Build an embedded dataset.")
dataset.add_typer(build, name="build")

Force = Annotated[bool, typer.Option("--force", help="Replace a dataset that is already there.")]


@build.command()
def market(
    *,
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("datasets/market"),
    shops: Annotated[int, typer.Option(min=1, help="How many shops; each has eight listings on average.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores by default.")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Simulate a marketplace: suppliers, operators, shops and listings with photos over a year, with known truth.

    Example: python -m training dataset build market --shops 500 --seed 7 --out datasets/market
    """
    from training.data.market import build_market

    make_room(out, force=force)
    with progress_bars() as progress:
        built = build_market(out, shops=shops, seed=seed, workers=workers, progress=progress)
    listings = built.table("listings").num_rows
    if as_json:
        print_json({"folder": str(out), "name": built.name, "digest": built.digest, "listings": listings})
    console().print(f"{listings} listings of {shops} shops in {out}\nnext: python -m training dataset check {out}")


def make_room(out: Path, *, force: bool) -> None:
    """Empty the folder that a dataset is to be written to.

    Raises:
        ValueError: it holds a whole dataset that may not be replaced, or something else.
    """
    from training.data.folder import clear_dataset
    from trueshelf.listings.dataset import CARD

    if (out / CARD).exists() and not force:
        raise ValueError(f"{out} holds a dataset already: give --force to replace it")
    clear_dataset(out)
