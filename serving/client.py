"""The client for the service of this machine, as the commands here use it."""

from collections.abc import Callable

from serving.settings import Settings
from trueshelf.client import BUDGET, AccessError, AnswerError, Backoff, Client, ModelDetails, TrueshelfError

CHOOSE_A_PORT = "choose another port with TRUESHELF_PORT (or PORT, with make)"

SHOW_A_KEY = "set TRUESHELF_KEY to a key with the scopes read and score"

_ANSWER_SECONDS = 5


def local_client(settings: Settings, *, budget: float = BUDGET, backoff: Backoff | None = None) -> Client:
    """A client of the service at the address that the settings name, past any proxy."""
    import httpx2  # here, so that the command line starts quickly

    address, http = f"http://{settings.host}:{settings.port}", httpx2.Client(trust_env=False)
    return Client(address, token=settings.key, budget=budget, backoff=backoff, http=http)


def served_model(settings: Settings) -> ModelDetails | None:
    """The model that answers; None where there is none yet, or no service of ours.

    Raises:
        ValueError: the service asks for a key that the settings do not have.
    """
    with local_client(settings, budget=_ANSWER_SECONDS, backoff=Backoff(attempts=1)) as client:
        try:
            return client.model()
        except AccessError as error:
            raise ValueError(f"{client.address} answers whom it knows: {error}; {SHOW_A_KEY}") from error
        except TrueshelfError:
            return None


def wait_until_ready(client: Client, *, seconds: float, waiting: Callable[[str], None]) -> None:
    """Wait for the service to be up and to have a model; `waiting` is told why not, about twice a second.

    Raises:
        ValueError: it is not ready after so many seconds, will never be, or is another program.
    """
    try:
        client.wait_until_ready(seconds=seconds, waiting=waiting)
    except AnswerError as error:
        raise ValueError(f"another program than Trueshelf answers at {client.address}; {CHOOSE_A_PORT}") from error
    except TrueshelfError as error:
        raise ValueError(str(error)) from error
