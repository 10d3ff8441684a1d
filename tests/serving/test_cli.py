import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.cli import app


@pytest.mark.parametrize(
    "command",
    [
        ["serve", "--model", "models:/listing-risk@champion"],
        ["start", "--model", "nowhere"],
        ["score", "in.parquet", "--out", "out.parquet", "--model", "nowhere"],
        ["bento", "--model", "nowhere"],
        ["try", "nowhere", "--wait", "0"],
    ],
)
def test_a_users_mistake_is_one_line(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUESHELF_DATA", str(tmp_path))
    monkeypatch.setenv("TRUESHELF_PORT", "9")

    found = CliRunner().invoke(app, command)

    assert found.exit_code == 2
    assert found.stderr.startswith("error: ")
    assert found.stderr.count("\n") == 1


def test_help_needs_no_model_and_no_framework() -> None:
    script = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from serving.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'torch', 'transformers', 'mlflow', 'bentoml', 'onnxruntime', 'fastapi', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
