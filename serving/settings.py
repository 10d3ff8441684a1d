"""The environment, read once.

TRUESHELF_DATA       where datasets/ and mlruns/ lie; the working directory by default
TRUESHELF_HOST       address that the service listens on; 127.0.0.1 by default
TRUESHELF_PORT       its port; 3000 by default
TRUESHELF_MODEL      `models:/NAME@ALIAS`, `models:/NAME/VERSION` or a bundle folder; by default the bundle that was
                     packed beside the code (in a Bento), else `models:/listing-risk@champion`
TRUESHELF_PRECISION  fp32 (default) or int8
TRUESHELF_LANES      batches that are judged at a time; as many as there are processors by default
TRUESHELF_THREADS    threads of each; 1 by default
TRUESHELF_PATIENCE   seconds that a request may take, unless its X-Request-Timeout says less; 120 by default
TRUESHELF_MAX_BODY   bytes that a request may have; 25 MiB by default
TRUESHELF_PHOTO_HOSTS
                     hosts whose photos are fetched by their address, such as `cdn.example.com,*.img.example.com`: over
                     https, and over http too where `http://` stands before the host; none by default
TRUESHELF_KEYS       database of the keys that callers have, `sqlite:///…` or `postgresql://…`; by default
                     .trueshelf/keys.db in the data folder
TRUESHELF_OIDC_ISSUER, TRUESHELF_OIDC_AUDIENCE
                     an OpenID Connect issuer whose tokens are accepted, and what they have in `aud`; none by default
TRUESHELF_OPEN       scopes that anybody has, such as `metrics,docs`; none by default. Without keys and issuer, requests
                     from this machine have all of them
TRUESHELF_RATE       requests a minute of each known caller, unless its key says otherwise; 6000 by default
TRUESHELF_KEY        the key that the commands here show to the service
TRUESHELF_CACHE_MB   megabytes on disk to remember verdicts, and what was seen in photos and texts; 4096 by default, 0
                     remembers nothing
TRUESHELF_FOLLOW     seconds between looks at whether the registry names another model; 15 by default, 0 for never
TRUESHELF_SHADOW     share of the listings that the registry's `challenger` judges too, unheard; 0.1 by default
"""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from serving.access.issuer import Issuer
from serving.access.scopes import Scope, scopes_of
from serving.fetching.hosts import NOWHERE, PhotoHosts

Precision = Literal["fp32", "int8"]

SERVICE = "serving.classify.service:Classify"
HOST = "127.0.0.1"
PORT = 3000
MAX_BODY_BYTES = 25 * 2**20
PATIENCE = 120
CACHE_MB = 4096
FOLLOW = 15
SHADOW = 0.1
RATE = 6_000
CHAMPION = "models:/listing-risk@champion"
PACKED_BUNDLE = Path(__file__).resolve().parents[1] / "bundle"

QUIET = {
    "BENTOML_DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
}
"""What keeps the libraries that we start from reporting home or asking package indexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the service and the commands need to know about where they run.

    Attributes:
        model: a registry address (`models:/…`) or the path of a bundle folder.
        keys: a database's address; None where there are no keys.
        key: of the commands, for the service.
        issuer: whose tokens are accepted.
        opened: scopes that anybody has.
        rate: requests a minute of each known caller.
        metrics_folder: where the workers of one service put their counts together; set by BentoML.
    """

    data: Path
    model: str = CHAMPION
    precision: Precision = "fp32"
    lanes: int = 2
    threads: int = 1
    patience: int = PATIENCE
    host: str = HOST
    port: int = PORT
    max_body_bytes: int = MAX_BODY_BYTES
    cache_mb: int = CACHE_MB
    photo_hosts: PhotoHosts = NOWHERE
    follow: int = FOLLOW
    shadow: float = SHADOW
    keys: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    issuer: Issuer | None = None
    opened: frozenset[Scope] = frozenset()
    rate: int = RATE
    metrics_folder: Path | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings that an environment asks for; an empty variable counts as absent.

        Raises:
            ValueError: a variable's value is none that it can have.
        """
        metrics_folder = environment.get("PROMETHEUS_MULTIPROC_DIR")
        data = Path(environment.get("TRUESHELF_DATA") or ".").resolve()
        return cls(
            data=data,
            host=environment.get("TRUESHELF_HOST") or HOST,
            port=_whole(environment, "TRUESHELF_PORT", PORT, most=65_535),
            model=environment.get("TRUESHELF_MODEL") or _default_model(),
            precision=_precision(environment.get("TRUESHELF_PRECISION") or "fp32"),
            lanes=_whole(environment, "TRUESHELF_LANES", os.cpu_count() or 1, most=1_024),
            threads=_whole(environment, "TRUESHELF_THREADS", 1, most=1_024),
            patience=_whole(environment, "TRUESHELF_PATIENCE", PATIENCE, most=3_600),
            max_body_bytes=_whole(environment, "TRUESHELF_MAX_BODY", MAX_BODY_BYTES, most=2**31),
            photo_hosts=_photo_hosts(environment.get("TRUESHELF_PHOTO_HOSTS") or ""),
            cache_mb=_whole(environment, "TRUESHELF_CACHE_MB", CACHE_MB, least=0, most=2**20),
            follow=_whole(environment, "TRUESHELF_FOLLOW", FOLLOW, least=0, most=86_400),
            shadow=_share(environment, "TRUESHELF_SHADOW", SHADOW),
            keys=environment.get("TRUESHELF_KEYS") or f"sqlite:///{data / '.trueshelf' / 'keys.db'}",
            key=environment.get("TRUESHELF_KEY") or None,
            issuer=_issuer(environment),
            opened=_opened(environment.get("TRUESHELF_OPEN") or ""),
            rate=_whole(environment, "TRUESHELF_RATE", RATE, most=10**6),
            metrics_folder=Path(metrics_folder) if metrics_folder else None,
        )

    @property
    def tracking_uri(self) -> str:
        """The address of MLflow's store, for its client and for `mlflow ui`."""
        return f"sqlite:///{self.data / 'mlruns' / 'mlflow.db'}"

    @property
    def service_folder(self) -> Path:
        """Where the service at this port keeps what is its own; all of it can be deleted while it does not run."""
        return self.data / ".trueshelf" / f"service-{self.port}"


def silence(environment: MutableMapping[str, str] = os.environ) -> None:
    """Turn the telemetry of the libraries that we start off; what the user has set stays."""
    for name, value in QUIET.items():
        environment.setdefault(name, value)


def _default_model() -> str:
    return str(PACKED_BUNDLE) if (PACKED_BUNDLE / "bundle.json").is_file() else CHAMPION


def _precision(value: str) -> Precision:
    match value:
        case "fp32" | "int8":
            return value
    raise ValueError(f"TRUESHELF_PRECISION is {value!r}, neither 'fp32' nor 'int8'")


def _photo_hosts(value: str) -> PhotoHosts:
    try:
        return PhotoHosts.read(value)
    except ValueError as error:
        raise ValueError(f"TRUESHELF_PHOTO_HOSTS is {value!r}: {error}") from error


def _issuer(environment: Mapping[str, str]) -> Issuer | None:
    url, audience = environment.get("TRUESHELF_OIDC_ISSUER"), environment.get("TRUESHELF_OIDC_AUDIENCE")
    return Issuer(url or "", audience or "") if url or audience else None


def _opened(value: str) -> frozenset[Scope]:
    try:
        return scopes_of(value)
    except ValueError as error:
        raise ValueError(f"TRUESHELF_OPEN is {value!r}: {error}") from error


def _whole(environment: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int) -> int:
    value = environment.get(name)
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and least <= int(value) <= most):
        raise ValueError(f"{name} is {value!r}, not a whole number from {least} to {most}")
    return int(value)


def _share(environment: Mapping[str, str], name: str, default: float) -> float:
    value = environment.get(name)
    if not value:
        return default
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"{name} is {value!r}, not a share from 0 to 1")
    return share
