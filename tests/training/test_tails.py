import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from training.probe import Floats, Ints, Probe
from training.tails import Lesson, Tail, TuneConfig, embedded, tune

PHOTOS, VIEWS, CHANNELS, SIDE = 48, 4, 6, 3
CONFIG = TuneConfig(
    epochs=4,
    patience=4,
    learning_rate=3e-3,
    head_rate=3e-3,
    weight_decay=0.01,
    close_views=2,
    batch=8,
    smoothing=0.05,
    dropout=0.1,
    seed=0,
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def stages() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(CHANNELS, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ).eval()


def data(seed: int) -> tuple[np.ndarray, Ints]:
    """Maps in which the product of two channels tells the first head's answer; the second head has none."""
    rng = np.random.default_rng(seed)
    answers_N = rng.integers(0, 2, PHOTOS)
    maps = rng.standard_normal((PHOTOS, 2, VIEWS, CHANNELS, SIDE, SIDE))
    maps[:, :, :, 1] = (
        np.sign(maps[:, :, :, 0]) * np.abs(maps[:, :, :, 1]) * (2 * answers_N - 1)[:, None, None, None, None]
    )
    return maps.astype(np.float16), np.stack([answers_N, np.full(PHOTOS, -1)], axis=1).astype(np.int64)


def probed(maps: np.ndarray, answers_NK: Ints) -> Probe:
    return Probe.fit(embedded(stages(), maps)[:, 0], answers_NK, penalty=1.0)


NONE: Ints = np.empty(0, dtype=np.int64)


def lesson(maps: np.ndarray, answers_NK: Ints, rows: Ints | None = None, held_out: Ints = NONE) -> Lesson:
    return Lesson(maps, answers_NK, np.arange(PHOTOS) if rows is None else rows, held_out)


def untold(epoch: int, loss: float) -> None:
    del epoch, loss


def right(tail: Tail, seed: int) -> float:
    maps, answers_NK = data(seed)
    logits: Floats = tail.probe(embedded(tail.stages, maps)[:, 0])
    return float(((logits[:, 0] > 0) == answers_NK[:, 0]).mean())


def test_a_tail_starts_as_the_probe() -> None:
    maps, answers_NK = data(0)
    probe = probed(maps, answers_NK)
    with torch.inference_mode():
        logits = Tail(stages(), probe)(torch.from_numpy(maps[:, 0].astype(np.float32))).numpy()
    np.testing.assert_allclose(logits, probe(embedded(stages(), maps)[:, 0]), atol=1e-5)


def test_tuning_learns_what_the_probe_cannot_and_repeats_itself(tmp_path: Path) -> None:
    maps, answers_NK = data(0)
    config = replace(CONFIG, epochs=40, patience=40)
    losses: list[float] = []
    probe = probed(maps, answers_NK)
    taught = lesson(maps, answers_NK)
    tail = tune(
        Tail(stages(), probe), taught, config, work=tmp_path / "first", report=lambda _, loss: losses.append(loss)
    )
    assert losses[-1] < 0.7 * losses[0]
    assert right(tail, 5) > right(Tail(stages(), probe), 5) + 0.1
    again = tune(Tail(stages(), probe), taught, config, work=tmp_path / "again", report=untold)
    torch.testing.assert_close(again.state_dict(), tail.state_dict())


def test_a_killed_tuning_goes_on_and_ends_with_the_same_weights(tmp_path: Path) -> None:
    maps, answers_NK = data(0)
    probe, taught, told = probed(maps, answers_NK), lesson(maps, answers_NK), []

    def die(epoch: int, loss: float) -> None:
        del loss
        if epoch == 1:
            raise KeyboardInterrupt

    whole = tune(Tail(stages(), probe), taught, CONFIG, work=tmp_path / "whole", report=untold)
    with pytest.raises(KeyboardInterrupt):
        tune(Tail(stages(), probe), taught, CONFIG, work=tmp_path / "killed", report=die)
    resumed = tune(
        Tail(stages(), probe), taught, CONFIG, work=tmp_path / "killed", report=lambda epoch, _: told.append(epoch)
    )
    assert told == [0, 1, 2, 3]
    torch.testing.assert_close(resumed.state_dict(), whole.state_dict(), rtol=0, atol=0)


def test_photos_held_out_say_when_to_stop(tmp_path: Path) -> None:
    """Their labels are wrong, so that every step makes their loss higher."""
    maps, answers_NK = data(0)
    held_out = np.arange(PHOTOS // 2, PHOTOS)
    answers_NK[held_out, 0] = 1 - answers_NK[held_out, 0]
    taught = lesson(maps, answers_NK, np.arange(PHOTOS // 2), held_out)
    told: list[int] = []
    config = replace(CONFIG, epochs=12, patience=2, learning_rate=0.02, head_rate=0.02)
    probe = probed(maps[: PHOTOS // 2], answers_NK[: PHOTOS // 2])
    tail = tune(Tail(stages(), probe), taught, config, work=tmp_path, report=lambda epoch, _: told.append(epoch))
    assert len(told) < 12
    best = json.loads((tmp_path / "checkpoint.json").read_text())["best"]
    assert len(told) - 1 - best == 2
    kept = load_file(tmp_path / "best.safetensors")
    torch.testing.assert_close(tail.state_dict()["head.weight"], kept["head.weight"])


def test_a_head_without_answers_is_left_alone(tmp_path: Path) -> None:
    maps, answers_NK = data(0)
    probe = probed(maps, answers_NK)
    tail = tune(Tail(stages(), probe), lesson(maps, answers_NK), CONFIG, work=tmp_path, report=untold)
    assert not tail.probe.weight_KD[1].any()
    assert tail.probe.bias_K[1] == 0


def test_only_the_photos_named_are_learned_from(tmp_path: Path) -> None:
    maps, answers_NK = data(0)
    probe, rows = probed(maps, answers_NK), np.arange(PHOTOS // 2)
    taught = lesson(maps, answers_NK, rows)
    tail = tune(Tail(stages(), probe), taught, CONFIG, work=tmp_path / "first", report=untold)
    spoilt = maps.copy()
    spoilt[PHOTOS // 2 :] = np.nan
    taught = lesson(spoilt, answers_NK, rows)
    again = tune(Tail(stages(), probe), taught, CONFIG, work=tmp_path / "again", report=untold)
    torch.testing.assert_close(again.state_dict(), tail.state_dict())
