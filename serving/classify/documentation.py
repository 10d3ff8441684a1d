"""What the API says about itself at `/docs`, with the scripts that BentoML serves: no page of others' is needed."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from serving.access.issuer import Issuer
from serving.access.scopes import MEANING, Scope
from serving.classify import responses as out
from serving.classify.problems import MEDIA_TYPE
from serving.classify.schemas import BatchIn, ListingIn

PATHS = ("/v1/verdicts", "/v1/model", "/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/")

DESCRIPTION = """\
Tells counterfeit and low-quality listings from genuine ones.

`POST /v1/verdicts` takes one listing, or `{"listings": […]}` with up to 64. Of several, each gets its own result in the
order of the request: either a verdict or an error that names the field. Whatever goes wrong as a whole is answered as
`application/problem+json` (RFC 9457). Send `X-Request-ID` to find a request again; it comes back with every answer.
Judging changes nothing, so a request may be sent again at any time; an `Idempotency-Key` that all attempts share is
logged and comes back, but answers are not kept under it. `X-Request-Timeout` says how many seconds you wait.

A photo may be named by its address, `{"url": "https://…"}`, where the service was set up to fetch photos from its host.
An address that is not allowed, or whose photo cannot be had, is an error of its listing's `photos[…]`: 422, or 504
where the host was too slow. What is fetched counts as if it had been sent, and goes through the same checks.

Who asks shows a key, or a token of the service's issuer, as `Authorization: Bearer …`. Each needs the scopes of what it
asks for: {scopes}. Without any, 401; without the right one,
403; too often, 429. Health is open to everybody.

A verdict's action is `act` only where the model's guarantee holds (see `model.heads`): at most the share `alpha` of
listings that do not deserve it are acted on, with the confidence given. Else it is `review` or `pass`. A category with
enough calibration listings has thresholds and a guarantee of its own; `threshold_category` names the one that decided.
""".replace("{scopes}", "; ".join(f"`{scope}`, to {meaning}" for scope, meaning in MEANING.items()))

REFERENCE = "#/components/schemas/{model}"

STATIC = "/static_content"
"""Where BentoML serves Swagger UI's files."""


_ACCESS = (401, 403, 429)


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented refusals of a route."""
    meaning = {
        400: "Neither JSON nor a form, or cut off.",
        401: "Who asks is not known, or what they show is not valid; the detail says why.",
        403: "Who asks lacks the scope that the detail names.",
        405: "The path answers another method.",
        408: "The body comes too slowly.",
        413: "The body is too large.",
        415: "Another kind of body.",
        422: "The request, or the one listing that was sent, is not valid; `errors` names the field.",
        429: "More is asked for than can be judged in time, or than the caller may ask; come back after `Retry-After`.",
        500: "A fault of ours.",
        503: "There is no model or no list of callers yet, or too many bodies are being sent; see `Retry-After`.",
        504: "The one listing that was sent was not judged in the time that the request had.",
    }
    schema = {"$ref": "#/components/schemas/ProblemOut"}
    return {
        status: {"description": meaning[status], "model": out.ProblemOut, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def _request_body() -> dict[str, Any]:
    """The request body, which the route reads itself, listing by listing."""
    listing = ListingIn.model_json_schema()["examples"][0]
    several = {"listings": [listing, {"listing_id": "L-1002", "title": "Handbag, mirror quality"}]}
    form = {
        "type": "object",
        "required": ["listings"],
        "properties": {
            "listings": {"type": "string", "contentMediaType": "application/json", "description": "As in JSON."}
        },
        "additionalProperties": {"type": "string", "format": "binary", "description": "A photo that a listing names."},
    }
    return {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [{"$ref": REFERENCE.format(model=model.__name__)} for model in (ListingIn, BatchIn)]
                },
                "examples": {
                    "one": {"summary": "One listing", "value": listing},
                    "several": {"summary": "Several listings", "value": several},
                },
            },
            "multipart/form-data": {"schema": form},
        },
    }


def _needing(scope: Scope) -> dict[str, Any]:
    return {"security": [{"bearer": [scope.value]}]}


VERDICTS: dict[str, Any] = {
    "summary": "Judge listings",
    "response_model": out.VerdictsOut,
    "responses": _problems(400, *_ACCESS, 405, 408, 413, 415, 422, 500, 503, 504),
    "openapi_extra": {"requestBody": _request_body(), **_needing(Scope.SCORE)},
}
MODEL: dict[str, Any] = {
    "summary": "The model that answers",
    "response_model": out.ModelDetailsOut,
    "responses": _problems(*_ACCESS, 405, 503),
    "openapi_extra": _needing(Scope.READ),
}
LIVEZ: dict[str, Any] = {"summary": "Alive", "response_model": out.StatusOut, "responses": _problems(405)}
READYZ: dict[str, Any] = {"summary": "Ready", "response_model": out.ReadyOut, "responses": _problems(405, 503)}
METRICS: dict[str, Any] = {
    "summary": "Metrics",
    "response_class": PlainTextResponse,
    "responses": _problems(*_ACCESS, 405, 503),
    "openapi_extra": _needing(Scope.METRICS),
}


def document(app: FastAPI, issuer: Issuer | None) -> dict[str, Any]:
    """The OpenAPI document: what FastAPI finds, the request's schemas, which it cannot see, and how to be known."""
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    inbound: Sequence[tuple[type[BaseModel], JsonSchemaMode]] = [(ListingIn, "validation"), (BatchIn, "validation")]
    _, schemas = models_json_schema(inbound, ref_template=REFERENCE)
    found["components"]["schemas"] |= schemas["$defs"]
    bearer = {"type": "http", "scheme": "bearer", "description": "A key of the service, or a token of its issuer."}
    found["components"]["securitySchemes"] = {"bearer": bearer}
    if issuer is not None:
        oidc = {"type": "openIdConnect", "openIdConnectUrl": issuer.discovery}
        found["components"]["securitySchemes"]["issuer"] = oidc
        for operation in (each for path in found["paths"].values() for each in path.values()):
            if "security" in operation:
                [needed] = operation["security"]
                operation["security"] = [needed, {"issuer": needed["bearer"]}]
    return found


def page() -> HTMLResponse:
    """Swagger UI over `/openapi.json`."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Trueshelf",
        swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{STATIC}/favicon-light-32x32.png",
    )
