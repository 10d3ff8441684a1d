"""A command in a process of its own, with what it took."""

import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
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


def training(arguments: Sequence[str], *, data: Path, good: Collection[int] = (0,)) -> Ran:
    """Run `python -m training …` with its caches and models under `data`.

    Args:
        good: exit codes of a command that did its work.

    Raises:
        subprocess.CalledProcessError: it failed; what it said is on stderr.
    """
    command = [sys.executable, "-m", "training", *arguments]
    return run(command, environment=os.environ | {"TRUESHELF_DATA": str(data)}, good=good)


def run(command: Sequence[str], *, environment: Mapping[str, str], good: Collection[int] = (0,)) -> Ran:
    """Run a command, with its stderr on ours.

    Its peak is never below what this process itself held when it started the command.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in good:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Ran(output, time.perf_counter() - started, usage.ru_maxrss / 1024)
