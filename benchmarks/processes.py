"""A command in a process of its own, with what it took."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Ran(NamedTuple):
    """What a command came to.

    Attributes:
        peak_mb: the most memory that one of its processes held, in megabytes.
    """

    output: str
    seconds: float
    peak_mb: float


def training(arguments: Sequence[str], *, data: Path) -> Ran:
    """Run `python -m training …` with its caches and models under `data`.

    Raises:
        subprocess.CalledProcessError: it failed; what it said is on stderr.
    """
    command = [sys.executable, "-m", "training", *arguments]
    return run(command, environment=os.environ | {"TRUESHELF_DATA": str(data)})


def run(command: Sequence[str], *, environment: Mapping[str, str]) -> Ran:
    """Run a command, with its stderr on ours.

    The peak is the largest of all children's so far: run what needs less before what needs more.
    """
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Ran(done.stdout, time.perf_counter() - started, peak_kb / 1024)
