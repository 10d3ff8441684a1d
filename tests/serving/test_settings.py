from pathlib import Path

import pytest

from serving.settings import CHAMPION, Settings, silence


def test_the_defaults_listen_on_this_machine_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    settings = Settings.read({})

    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 3000, CHAMPION)
    assert settings.data == tmp_path
    assert settings.tracking_uri == f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    assert settings.max_body_bytes == 25 * 2**20
    assert settings.cache_mb == 4096
    assert not settings.photo_hosts
    assert settings.keys == f"sqlite:///{tmp_path}/.trueshelf/keys.db"
    assert (settings.issuer, settings.opened) == (None, frozenset())


def test_an_empty_variable_counts_as_absent() -> None:
    assert Settings.read({"TRUESHELF_PORT": "", "TRUESHELF_MODEL": ""}).port == 3000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUESHELF_PORT", "http"),
        ("TRUESHELF_PORT", "70000"),
        ("TRUESHELF_PORT", "0"),
        ("TRUESHELF_THREADS", "-1"),
        ("TRUESHELF_PRECISION", "int4"),
        ("TRUESHELF_MAX_BODY", "25 MiB"),
        ("TRUESHELF_CACHE_MB", "-1"),
        ("TRUESHELF_PHOTO_HOSTS", "127.0.0.1"),
        ("TRUESHELF_OPEN", "everything"),
        ("TRUESHELF_RATE", "0"),
        ("TRUESHELF_OIDC_ISSUER", "http://idp.example"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is '{value}'"):
        Settings.read({name: value})


def test_an_issuer_needs_an_audience_and_an_audience_an_issuer() -> None:
    with pytest.raises(ValueError, match="TRUESHELF_OIDC_AUDIENCE is missing"):
        Settings.read({"TRUESHELF_OIDC_ISSUER": "https://idp.example"})
    with pytest.raises(ValueError, match="TRUESHELF_OIDC_ISSUER is ''"):
        Settings.read({"TRUESHELF_OIDC_AUDIENCE": "trueshelf"})


def test_a_packed_bundle_is_the_default_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text("{}")
    monkeypatch.setattr("serving.settings.PACKED_BUNDLE", tmp_path)

    assert Settings.read({}).model == str(tmp_path)
    assert Settings.read({"TRUESHELF_MODEL": "models:/other/1"}).model == "models:/other/1"


def test_silencing_leaves_what_the_user_has_set() -> None:
    environment = {"BENTOML_DO_NOT_TRACK": "false"}

    silence(environment)

    assert environment["BENTOML_DO_NOT_TRACK"] == "false"
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
