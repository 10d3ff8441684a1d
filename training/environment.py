"""Who made a run, with what code and which packages."""

import getpass
import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def git_commit() -> str:
    """The code's commit, with `-dirty` where files differ from it; `unknown` outside a git checkout."""
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}-dirty" if _git("status", "--porcelain", "--untracked-files=no") else commit


def user() -> str:
    """Who is logged in; `unknown` where the system has no name for them, as in many containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def packages() -> str:
    """Python and every installed package with its version, one a line, as `pip freeze` has it."""
    named = {distribution.name: distribution.version for distribution in distributions()}
    lines = [f"{name}=={named[name]}" for name in sorted(named, key=str.casefold)]
    return "\n".join([f"# Python {platform.python_version()}, {platform.platform()}", *lines]) + "\n"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
