import threading
from pathlib import Path

import pytest

from serving.classify.prompt import Prompt
from serving.classify.registry import Registered, RegistryAway

FOUND = Registered("listing-risk", "1", None, "")


class Hanging:
    """A registry that answers when it is told to."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def find(self, address: str) -> Registered | None:
        assert self.go_on.wait(timeout=60)
        if address == "models:/wrong":
            raise ValueError(address)
        return FOUND

    def fetch(self, found: Registered, *, into: Path) -> Path:
        assert self.go_on.wait(timeout=60)
        return into / found.version


def test_a_registry_that_hangs_counts_as_away_until_it_has_answered() -> None:
    hanging = Hanging()
    prompt = Prompt(hanging, ask=0.01)

    with pytest.raises(RegistryAway, match=r"has not answered in 0\.01 s"):
        prompt.find("models:/listing-risk@champion")
    with pytest.raises(RegistryAway, match="has not answered an earlier question yet"):
        prompt.fetch(FOUND, into=Path())
    hanging.go_on.set()
    patient = Prompt(hanging)
    assert patient.find("models:/listing-risk@champion") == FOUND
    assert patient.fetch(FOUND, into=Path("there")) == Path("there/1")


def test_what_a_registry_raises_is_raised_where_it_was_asked() -> None:
    hanging = Hanging()
    hanging.go_on.set()

    with pytest.raises(ValueError, match="models:/wrong"):
        Prompt(hanging).find("models:/wrong")
