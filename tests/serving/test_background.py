import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from serving.background import BackgroundService
from serving.client import Client
from serving.settings import Settings


@pytest.fixture
def service(tmp_path: Path) -> BackgroundService:
    """A service on a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return BackgroundService(Settings(data=tmp_path, port=probe.getsockname()[1]))


def silent(why: str) -> None:
    del why


def test_stopping_what_does_not_run_does_nothing(service: BackgroundService) -> None:
    assert service.stop() is False


def test_a_process_that_only_has_the_same_number_is_left_alone(service: BackgroundService) -> None:
    service.folder.mkdir(parents=True)
    other = {"pid": os.getpid(), "created": 1.0}
    (service.folder / "process.json").write_text(json.dumps(other))

    assert service.stop() is False
    assert psutil.pid_exists(os.getpid())


def test_a_port_that_something_else_has_is_told(service: BackgroundService, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text("{}")
    with socket.socket() as other:
        other.bind(("127.0.0.1", service.settings.port))

        with pytest.raises(ValueError, match=f"127.0.0.1:{service.settings.port} is taken by another program"):
            service.start(tmp_path, seconds=1, waiting=silent)


@pytest.mark.slow
def test_a_bundle_that_cannot_be_served_is_told_and_nothing_stays_behind(
    service: BackgroundService, tmp_path: Path
) -> None:
    (tmp_path / "bundle.json").write_text("{}")

    with pytest.raises(ValueError, match=r"there is no model: bundle\.json is no manifest of a bundle"):
        service.start(tmp_path, seconds=300, waiting=silent)

    assert service.stop() is False
    assert Client("127.0.0.1", service.settings.port).model() is None


@pytest.mark.slow
def test_the_service_outlives_its_command_and_is_not_started_twice(
    service: BackgroundService, bundle_folder: Path
) -> None:
    settings = service.settings
    environment = os.environ | {"TRUESHELF_DATA": str(settings.data), "TRUESHELF_PORT": str(settings.port)}

    def run(*command: str) -> str:
        arguments = [sys.executable, "-m", "serving", *command]
        return subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True).stderr

    try:
        assert "is ready" in run("start", "--model", str(bundle_folder))
        known = (service.folder / "process.json").read_text()
        assert "was running already" in run("start", "--model", str(bundle_folder))
        assert (service.folder / "process.json").read_text() == known
        process = psutil.Process(json.loads(known)["pid"])
    finally:
        told = run("stop")

    assert "was stopped" in told
    assert not process.is_running()
    assert Client("127.0.0.1", settings.port).model() is None
