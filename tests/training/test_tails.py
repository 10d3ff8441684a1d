from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from training.probe import Floats, Ints, Probe
from training.tails import Tail, TuneConfig, embedded, tune

PHOTOS, VIEWS, CHANNELS, SIDE = 48, 4, 6, 3
CONFIG = TuneConfig(
    epochs=4,
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


def test_tuning_learns_what_the_probe_cannot_and_repeats_itself() -> None:
    maps, answers_NK = data(0)
    config = replace(CONFIG, epochs=40)
    losses: list[float] = []
    probe = probed(maps, answers_NK)
    rows = np.arange(PHOTOS)
    tail = tune(Tail(stages(), probe), maps, answers_NK, rows, config, report=lambda _, loss: losses.append(loss))
    assert losses[-1] < 0.7 * losses[0]
    assert right(tail, 5) > right(Tail(stages(), probe), 5) + 0.1
    again = tune(Tail(stages(), probe), maps, answers_NK, rows, config, report=untold)
    torch.testing.assert_close(again.state_dict(), tail.state_dict())


def test_a_head_without_answers_is_left_alone() -> None:
    maps, answers_NK = data(0)
    tail = tune(Tail(stages(), probed(maps, answers_NK)), maps, answers_NK, np.arange(PHOTOS), CONFIG, report=untold)
    assert not tail.probe.weight_KD[1].any()
    assert tail.probe.bias_K[1] == 0


def test_only_the_photos_named_are_learned_from() -> None:
    maps, answers_NK = data(0)
    probe, rows = probed(maps, answers_NK), np.arange(PHOTOS // 2)
    tail = tune(Tail(stages(), probe), maps, answers_NK, rows, CONFIG, report=untold)
    spoilt = maps.copy()
    spoilt[PHOTOS // 2 :] = np.nan
    again = tune(Tail(stages(), probe), spoilt, answers_NK, rows, CONFIG, report=untold)
    torch.testing.assert_close(again.state_dict(), tail.state_dict())
