"""A client of the service, for pipelines that ask it for verdicts: `pip install 'trueshelf[client]'`.

    with Client("http://127.0.0.1:3000") as client:
        for result in client.judge_all(listings):
            match result:
                case Judged(listing_id, verdict):
                    ...
                case Failed(listing_id, error):
                    ...

`AsyncClient` has the same methods for `async` code. Importing this imports no array, table or web library.
"""

from trueshelf.client.asynchronous import AsyncClient
from trueshelf.client.backoff import Backoff
from trueshelf.client.errors import (
    AccessError,
    AnswerError,
    FieldError,
    InvalidRequestError,
    OutOfTimeError,
    OverloadedError,
    ProblemError,
    TrueshelfError,
    UnavailableError,
    UnreachableError,
)
from trueshelf.client.model import Followed, Guarantee, HeadModel, Limits, Model, ModelDetails, Prevalence, Thresholds
from trueshelf.client.offers import Illustrated, PhotoSource, PhotoUrl
from trueshelf.client.results import Failed, HeadVerdict, Judged, Labels, ListingError, Note, Reason, Result, Verdict
from trueshelf.client.synchronous import Client
from trueshelf.client.transport import BUDGET, AsyncToken, Token

__all__ = [
    "BUDGET",
    "AccessError",
    "AnswerError",
    "AsyncClient",
    "AsyncToken",
    "Backoff",
    "Client",
    "Failed",
    "FieldError",
    "Followed",
    "Guarantee",
    "HeadModel",
    "HeadVerdict",
    "Illustrated",
    "InvalidRequestError",
    "Judged",
    "Labels",
    "Limits",
    "ListingError",
    "Model",
    "ModelDetails",
    "Note",
    "OutOfTimeError",
    "OverloadedError",
    "PhotoSource",
    "PhotoUrl",
    "Prevalence",
    "ProblemError",
    "Reason",
    "Result",
    "Thresholds",
    "Token",
    "TrueshelfError",
    "UnavailableError",
    "UnreachableError",
    "Verdict",
]
