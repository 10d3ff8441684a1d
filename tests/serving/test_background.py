import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from serving.background import MARK, BackgroundService
from serving.client import local_client, served_model, wait_until_ready
from serving.settings import Settings


@pytest.fixture
def service(tmp_path: Path) -> BackgroundService:
    """A service on a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return BackgroundService(Settings(data=tmp_path, port=probe.getsockname()[1]))


@contextmanager
def stranger(answer: bytes, *, port: int) -> Iterator[None]:
    """Another program, which answers everything with the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


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
            service.start(str(tmp_path), seconds=1, waiting=silent)


def test_a_program_that_answers_in_json_at_the_port_is_told_from_ours(
    service: BackgroundService, tmp_path: Path
) -> None:
    (tmp_path / "bundle.json").write_text("{}")
    with stranger(b'{"hello": 1}', port=service.settings.port), local_client(service.settings) as client:
        with pytest.raises(ValueError, match=r"is taken by another program; choose another port with TRUESHELF_PORT"):
            service.start(str(tmp_path), seconds=1, waiting=silent)
        with pytest.raises(ValueError, match=r"another program than Trueshelf answers at .*TRUESHELF_PORT"):
            wait_until_ready(client, seconds=1, waiting=silent)


@pytest.mark.parametrize("content", ['{"pid": 12', "[]", '{"pid": "x", "created": 1}', "\x00", "{}"])
def test_a_damaged_note_of_the_process_counts_as_absent(
    service: BackgroundService, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    service.folder.mkdir(parents=True)
    (service.folder / "process.json").write_text(content)

    assert service.stop() is False
    assert "process.json is damaged, so it counts as absent" in caplog.text
    assert not (service.folder / "process.json").exists()


def test_workers_that_have_outlived_their_supervisor_are_stopped(service: BackgroundService) -> None:
    sleep = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]

    def started(mark: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(sleep, env=os.environ | {MARK: mark}, stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout
        process.stdout.readline()
        return process

    with started(str(service.folder)) as ours, started(f"{service.folder}0") as other:
        try:
            assert service.stop() is True
            assert not psutil.pid_exists(ours.pid)
            assert other.poll() is None
        finally:
            other.kill()
    assert service.stop() is False


@pytest.mark.slow
def test_a_bundle_that_cannot_be_served_is_told_and_nothing_stays_behind(
    service: BackgroundService, tmp_path: Path
) -> None:
    (tmp_path / "bundle.json").write_text("{}")

    with pytest.raises(ValueError, match=r"there is no model: bundle\.json is no manifest of a bundle"):
        service.start(str(tmp_path), seconds=300, waiting=silent)

    assert service.stop() is False
    assert served_model(service.settings) is None


@pytest.mark.slow
def test_the_service_outlives_its_command_is_not_started_twice_and_ends_even_without_its_supervisor(
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
        workers = process.children(recursive=True)
        process.kill()
        process.wait(60)
        assert workers
    finally:
        told = run("stop")

    assert "was stopped" in told
    assert not any(each.is_running() for each in (process, *workers))
    assert served_model(settings) is None
