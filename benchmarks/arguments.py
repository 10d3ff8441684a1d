"""The arguments that every benchmark on a dataset takes."""

import argparse
from pathlib import Path


def parsed(description: str | None, *, quick: str, model: bool = False) -> argparse.Namespace:
    """`--dataset DIR`, `--json` and `--quick`, of which `quick` says what it leaves out; `--model` where one is asked.

    With a model, its own dataset is the default.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    if model:
        parser.add_argument("--model", default="latest", help="a version, an alias, or a bundle's folder")
    own = None if model else Path("datasets/market")
    parser.add_argument("--dataset", type=Path, default=own, help="a dataset folder with splits")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help=quick)
    return parser.parse_args()
