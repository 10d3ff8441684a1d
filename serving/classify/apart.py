"""A model in a process of its own, at the lowest priority: it can neither hold up this process nor bring it down."""

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Final

from threadpoolctl import threadpool_limits

from serving.classify.model import ServedModel, load_model
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict

_LOWEST: Final = 19

_loaded: list[ServedModel] = []  # in the process apart: its model


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer, and the seconds that it took."""

    answer: Verdict | ItemError
    seconds: float


class ModelApart:
    """A bundle that is loaded by another process.

    Raises:
        ValueError: it is no sound bundle.
    """

    def __init__(self, folder: Path, *, precision: str) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
        try:
            facts = self._pool.submit(_load, folder, precision).result()
        except BaseException:
            self.close()
            raise
        self.model = ServedModel(**facts, predict=self._predict)

    def judge(self, listing: Listing) -> Timed:
        """Ask about one listing.

        Raises:
            Exception: the model fails, or its process has ended.
        """
        answer: Future[Timed] = self._pool.submit(_judge, listing)
        return answer.result()

    def close(self) -> None:
        """End the process when it has answered; nothing is waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _predict(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        return [self.judge(listing).answer for listing in listings]


def _begin() -> None:
    os.setpriority(os.PRIO_PROCESS, 0, _LOWEST)  # whatever the priority of the service is
    threadpool_limits(1, user_api="blas")
    parent = parent_process()
    assert parent is not None
    threading.Thread(target=partial(_end_with, parent.sentinel), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End when the service does, however it does."""
    wait([sentinel])
    os._exit(0)


def _load(folder: Path, precision: str) -> dict[str, Any]:
    """Load the model, and tell what is to be known of it; errors come back as what any process can read."""
    try:
        model = load_model(folder, precision=precision)
    except Exception as error:
        raise ValueError(str(error) or type(error).__name__) from None
    _loaded[:] = [model]
    names = {field.name for field in fields(model)} - {"predict", "registered"}
    told = {name: getattr(model, name) for name in names}
    return told | {"thresholds": dict(model.thresholds), "prevalences": dict(model.prevalences)}


def _judge(listing: Listing) -> Timed:
    started = time.perf_counter()
    (answer,) = _loaded[0].predict([listing])
    return Timed(answer, time.perf_counter() - started)
