"""Two real processes under torchrun against one: the same loss curve and the same weights."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("fit_program.py")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def started(work: Path, *launcher: str, accumulate: int = 1, fail: bool = False) -> subprocess.CompletedProcess[str]:
    command = [*(launcher or (sys.executable,)), str(PROGRAM), str(work), str(accumulate), str(int(fail))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


def curve(work: Path, *launcher: str, accumulate: int = 1) -> list[dict[str, float]]:
    result = started(work, *launcher, accumulate=accumulate)
    assert result.returncode == 0, result.stderr
    found: list[dict[str, float]] = json.loads(result.stdout)
    return found


@pytest.mark.slow
def test_two_processes_and_accumulation_have_the_curve_of_one(tmp_path: Path) -> None:
    alone = curve(tmp_path / "alone")
    assert len(alone) == 4
    assert alone[-1]["validation_loss"] < alone[0]["validation_loss"]
    for name, found in {
        "two": curve(tmp_path / "two", *TORCHRUN),
        "two_by_three": curve(tmp_path / "two_by_three", *TORCHRUN, accumulate=3),
    }.items():
        for epoch, other in zip(alone, found, strict=True):
            assert other == pytest.approx(epoch, abs=1e-5), name
        weights = load_file(tmp_path / name / "best.safetensors")
        for key, tensor in load_file(tmp_path / "alone" / "best.safetensors").items():
            np.testing.assert_allclose(weights[key], tensor, atol=2e-4, err_msg=key)


@pytest.mark.slow
def test_an_error_in_one_process_ends_all(tmp_path: Path) -> None:
    result = started(tmp_path, *TORCHRUN, fail=True)
    assert result.returncode != 0
    assert "the leader fell" in result.stderr
