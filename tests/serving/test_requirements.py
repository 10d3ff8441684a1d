"""A Bento installs the versions that were tested together, whatever has been released since."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from serving.requirements import requirements

ROOT = Path(__file__).resolve().parents[2]


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines if "==" in line}


def test_every_requirement_is_pinned_to_the_tested_version() -> None:
    found: dict[str, Requirement] = {canonicalize_name(each.name): each for each in map(Requirement, requirements())}

    assert len(found) == len(requirements())
    for name, requirement in found.items():
        assert str(requirement.specifier) == f"=={constraints()[name]}"
    assert str(found["uvloop"].marker) == 'platform_system != "Windows"'


def test_what_the_requirements_need_in_turn_is_pinned_too_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    direct = [*extras["models"], *extras["client"], *extras["serving"][1:]]
    found = {canonicalize_name(Requirement(line).name) for line in requirements()}

    assert {canonicalize_name(Requirement(line).name) for line in direct} < found
    assert {"starlette", "anyio", "h11", "kantoku", "opentelemetry-sdk"} < found
    assert not {"torch", "transformers", "mlflow", "pytest", "grpcio"} & found
