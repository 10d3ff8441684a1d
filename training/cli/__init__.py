"""The command line: `python -m training --help`. One file per group; heavy imports wait until a command runs."""

import typer

from training.cli.dataset import dataset
from training.cli.explain import explain
from training.cli.marks import marks
from training.cli.models import compare, evaluate, promote
from training.cli.output import Plain
from training.cli.search import search
from training.cli.suspects import suspects
from training.cli.train import recipes, train

app = typer.Typer(
    name="python -m training",
    cls=Plain,
    help=(
        "From labelled listings to a promoted model.\n\n"
        "    python -m training dataset build market --shops 2500 --out datasets/market\n\n"
        "    python -m training dataset check datasets/market\n\n"
        "    python -m training train --dataset datasets/market --recipe listings\n\n"
        "    python -m training promote 1\n\n"
        "Everything lies under the folder that TRUESHELF_DATA names (the working directory by default)."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(dataset, name="dataset")
for command in (train, search, recipes, evaluate, promote, compare, explain, suspects, marks):
    app.command()(command)
