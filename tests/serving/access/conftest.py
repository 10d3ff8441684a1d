import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from serving.access.gate import Gatekeeper
from serving.access.issuer import Issuer
from serving.classify.api import create_app
from serving.classify.model import ModelSlot, ServedModel
from serving.settings import Settings

SigningKey = RSAKey | ECKey | OKPKey | OctKey
RunApp = Callable[..., AbstractContextManager[int]]
RunWith = Callable[[Gatekeeper], AbstractContextManager[str]]

AUDIENCE = "trueshelf"


@dataclass
class Provider:
    """An OpenID Connect provider on this machine."""

    port: int = 0
    keys: list[SigningKey] = field(default_factory=list)
    asked: int = 0
    broken: bool = False
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def issuer(self) -> Issuer:
        return Issuer(f"http://127.0.0.1:{self.port}/realm", AUDIENCE)

    def answer(self, path: str) -> Any:
        if path == "/realm/.well-known/openid-configuration":
            return {"issuer": self.issuer.url, "jwks_uri": f"http://127.0.0.1:{self.port}/jwks"} | self.about
        self.asked += 1
        return KeySet(self.keys).as_dict(private=False)

    def token(self, key: SigningKey, alg: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is valid but for what is given; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.issuer.url, "aud": AUDIENCE, "sub": "pipeline", "scope": "score read", "exp": now + 300}
        kept = {name: value for name, value in (usual | claims).items() if value is not None}
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # EdDSA is called Ed25519 now
            return jwt.encode({"alg": alg, "kid": key.kid} | (header or {}), kept, key, algorithms=[alg])


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(500 if made.broken else 200)
            self.end_headers()
            self.wfile.write(json.dumps(made.answer(self.path)).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def rsa() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})


@pytest.fixture
def run_with(model: ServedModel, run_app: RunApp) -> RunWith:
    """Runs the API on a real socket with somebody at its gate; its address."""

    @contextmanager
    def run(keeper: Gatekeeper) -> Iterator[str]:
        with run_app(create_app(ModelSlot(model), Settings(data=Path()), keeper=keeper)) as port:
            yield f"http://127.0.0.1:{port}"

    return run
