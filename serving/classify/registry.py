"""Models by their address: what a registry has under it now, and the bundle folder that it stands for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

SCHEME: Final = "models:/"
CHALLENGER: Final = "challenger"


class RegistryAway(ValueError):  # noqa: N818 - what the registry is
    """The registry does not answer, or not in time."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A version of a model that a registry has.

    Attributes:
        content: differs where what lies in the registry was altered, as far as can be told without reading it.
    """

    name: str
    version: str
    run_id: str | None
    content: str


class Registry(Protocol):
    """What is asked of a registry."""

    def find(self, address: str) -> Registered | None:
        """The version that an address stands for; None where no version has that name.

        Raises:
            RegistryAway: it does not answer.
        """
        ...

    def fetch(self, found: Registered, *, into: Path) -> Path:
        """Copy a version into a folder, and say where in it the bundle lies.

        Raises:
            RegistryAway: it does not give the version away.
            ValueError: the version holds no bundle of ours.
        """
        ...


def is_address(model: str) -> bool:
    """Whether a model is named by an address in a registry, not by its folder."""
    return model.startswith(SCHEME)


def challenger_of(address: str) -> str:
    """The address of the challenger to the model at an address."""
    name, _, _ = parted(address)
    return f"{SCHEME}{name}@{CHALLENGER}"


def parted(address: str) -> tuple[str, str, str]:
    """The name, version and alias in an address; version or alias is empty.

    Raises:
        ValueError: it is no address of a model.
    """
    name, at, alias = address.removeprefix(SCHEME).partition("@")
    version = ""
    if not at:
        name, _, version = name.partition("/")
    if not (name and (version or alias)):
        raise ValueError(f"{address!r} names no model: it is neither models:/NAME@ALIAS nor models:/NAME/VERSION")
    return name, version, alias


def bundle_at(path: str) -> Path:
    """The bundle folder at a path.

    Raises:
        ValueError: there is none.
    """
    folder = Path(path)
    if not (folder / "bundle.json").is_file():
        raise ValueError(f"{path!r} is neither a bundle folder nor an address such as models:/listing-risk@champion")
    return folder.resolve()


def resolve(model: str, *, tracking_uri: str) -> Path:
    """The bundle folder that `models:/NAME@ALIAS`, `models:/NAME/VERSION` or a path stands for, for commands.

    Raises:
        ValueError: there is no such model or folder.
    """
    if not is_address(model):
        return bundle_at(model)
    from serving.classify.mlflow_registry import MlflowRegistry

    registry = MlflowRegistry(tracking_uri)
    found = registry.find(model)
    if found is None:
        raise ValueError(f"{model} cannot be found in {tracking_uri}: no version has that name")
    return registry.fetch(found)
