"""The service as a process of its own, that outlives the command which started it.

    python -m serving start           # or nothing, where the same model is served already
    python -m serving stop

What is known of it lies in `.trueshelf/service-PORT/`: `process.json`, `service.log`, and BentoML's own files.
"""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from serving.classify.model import version_of
from serving.classify.registry import is_address
from serving.client import CHOOSE_A_PORT, local_client, served_model, wait_until_ready
from serving.settings import SERVICE, Settings
from trueshelf.client import ModelDetails

log = logging.getLogger(__name__)

MARK = "TRUESHELF_SERVICE"
"""What the processes of a service carry in their environment, so that workers without their supervisor are found."""

_STOP_SECONDS = 30
_LOG_LINES = 5


@dataclass(frozen=True, slots=True)
class BackgroundService:
    """The service at the address that the settings name."""

    settings: Settings

    @property
    def folder(self) -> Path:
        return self.settings.service_folder

    @property
    def log(self) -> Path:
        return self.folder / "service.log"

    def start(self, model: str, *, seconds: float, waiting: Callable[[str], None]) -> bool:
        """Serve a model, and come back when it is ready; False where it was served, or its address followed, already.

        A service of ours with another model is stopped first.

        Args:
            model: an address in the registry, which the service follows, or a bundle folder.

        Raises:
            ValueError: something else has the port, or the service does not get ready.
        """
        if self._is_served(model, served_model(self.settings)):
            return False
        self.stop()
        _check_free(self.settings)
        process = self._spawn(model)

        def still_there(why: str) -> None:
            if process.poll() is not None:
                raise ValueError(f"the service ended at once; {self.log} ends with: {self._end_of_log()}")
            waiting(why)

        try:
            with local_client(self.settings) as client:
                wait_until_ready(client, seconds=seconds, waiting=still_there)
        except BaseException:
            self.stop()
            process.wait()
            raise
        return True

    def stop(self) -> bool:
        """End the service, its workers included; False where none runs."""
        supervisor = self._process()
        family = self._family(supervisor)
        told = [supervisor] if supervisor else family  # a supervisor ends its workers when their requests are done
        for each in told:
            with suppress(psutil.NoSuchProcess):
                each.terminate()
        _, alive = psutil.wait_procs(family, timeout=_STOP_SECONDS)
        for each in alive:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        (self.folder / "process.json").unlink(missing_ok=True)
        return bool(family)

    def _family(self, supervisor: psutil.Process | None) -> list[psutil.Process]:
        """The service's processes: its supervisor, all that descend from it, and workers that have outlived theirs."""
        family = [supervisor, *supervisor.children(recursive=True)] if supervisor else []
        return list({*family, *(each for each in psutil.process_iter() if _mark(each) == str(self.folder))})

    def _is_served(self, model: str, running: ModelDetails | None) -> bool:
        if running is None or running.precision != self.settings.precision:
            return False
        if is_address(model):
            return running.followed is not None and running.followed.address == model
        return running.followed is None and running.version == version_of(Path(model))

    def _spawn(self, model: str) -> "subprocess.Popen[bytes]":
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | serving_environment(self.settings, model) | {MARK: str(self.folder)}
        with self.log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 (our own command)
                serve_command(self.settings),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        known = {"pid": process.pid, "created": psutil.Process(process.pid).create_time()}
        part = self.folder / "process.json.part"
        part.write_text(json.dumps(known), encoding="utf-8")
        part.replace(self.folder / "process.json")
        return process

    def _process(self) -> psutil.Process | None:
        """The process that was started, if it is still that one: the system gives numbers to others again."""
        path = self.folder / "process.json"
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            process = psutil.Process(known["pid"])
            return process if process.create_time() == known["created"] else None
        except (OSError, psutil.NoSuchProcess):
            return None
        except (ValueError, KeyError, TypeError):
            log.warning("%s is damaged, so it counts as absent", path)
            return None

    def _end_of_log(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(line for line in lines[-_LOG_LINES:] if line.strip())


def serve_command(settings: Settings) -> list[str]:
    """What runs the service in the foreground."""
    return [
        *(sys.executable, "-m", "bentoml", "serve", SERVICE),
        *("--host", settings.host, "--port", str(settings.port)),
    ]


def serving_environment(settings: Settings, model: str) -> dict[str, str]:
    """What the service's process needs to be told: its model, and a place of its own for BentoML's files.

    BentoML keeps its workers' counts in one folder of its home, where two services would mix theirs up.
    """
    home = os.environ.get("BENTOML_HOME") or str(settings.service_folder / "bentoml")
    return {"TRUESHELF_MODEL": model, "BENTOML_HOME": home}


def _mark(process: psutil.Process) -> str | None:
    """The service that a process belongs to; None for those of others, which may not be asked."""
    try:
        mark: str | None = process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
    return mark


def _check_free(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            message = f"{settings.host}:{settings.port} is taken by another program; {CHOOSE_A_PORT}"
            raise ValueError(message) from error
