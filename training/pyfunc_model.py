"""The registered model's code: MLflow keeps this file beside the bundle and runs it in `mlflow.pyfunc.load_model`.

    model = mlflow.pyfunc.load_model("models:/listing-risk@champion")
    model.predict(pandas.DataFrame([{"listing_id": "1", "title": "…", "photos": [photo_bytes]}]))

Columns are those of a table of listings (`trueshelf.listings.tables.LISTINGS_WITH_SHOP`), but for photos, which are
bytes, times, which are text as in ISO 8601, and `attributes` and `shop`, which are JSON objects as text: MLflow refuses
objects that some rows lack. Only `listing_id` is required.

One row a listing comes back, in order: probabilities and actions by head, the strongest action, reasons and notes as
JSON; or an error. It loads where `trueshelf` is installed, and needs nothing else of this repository.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from trueshelf.listings import Head, Listing, Money, Photo, ShopContext
from trueshelf.listings.tables import context_from_row
from trueshelf.models.bundle import Bundle
from trueshelf.models.verdict import ItemError, Verdict


class ListingRisk(PythonModel):
    """A bundle behind MLflow's interface."""

    bundle: Bundle

    def load_context(self, context: PythonModelContext) -> None:
        """Load the bundle, which tests itself."""
        self.bundle = Bundle.load(Path(context.artifacts["bundle"]))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow's own signature
        model_input: pd.DataFrame,
        params: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Judge listings, one a row; what cannot be read of a row is its error and no other's."""
        read = [_read(row, number) for number, row in enumerate(model_input.to_dict("records"))]
        answers = iter(self.bundle.predict([each for each in read if isinstance(each, Listing)]))
        return pd.DataFrame([_row(next(answers) if isinstance(each, Listing) else each) for each in read])


def _read(row: Mapping[Any, Any], number: int) -> Listing | ItemError:
    known = {name: value for name, value in row.items() if isinstance(value, (list, tuple)) or _is_there(value)}
    listing_id, read = str(known.get("listing_id", number)), {}
    for field, reader in _READERS.items():
        try:
            read[field] = reader(known[field]) if field in known else None
        except (ValueError, TypeError, KeyError) as error:
            return ItemError(listing_id, field, str(error))
    return _listing(listing_id, known, **read)


def _listing(
    listing_id: str,
    known: Mapping[Any, Any],
    *,
    attributes: Mapping[str, str] | None,
    listed_at: datetime | None,
    shop: ShopContext | None,
) -> Listing:
    return Listing(
        id=listing_id,
        shop_id=known.get("shop_id"),
        shop=shop,
        title=known.get("title", ""),
        description=known.get("description", ""),
        brand=known.get("brand"),
        category=known.get("category"),
        price=_money(known.get("price_amount"), known.get("price_currency")),
        list_price=_money(known.get("list_price_amount"), known.get("list_price_currency")),
        photos=tuple(Photo.of(bytes(content)) for content in known.get("photos", ())),
        attributes=attributes or {},
        listed_at=listed_at,
        language=known.get("language"),
    )


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} says nothing of its time zone; write 2025-03-14T09:26:53Z for instance")
    return time


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"must be a JSON object, not {text[:40]!r}")
    return found


def _attributes(text: str) -> dict[str, str]:
    return {name: str(value) for name, value in _object(text).items()}


def _shop(text: str) -> ShopContext:
    """What was known of the shop, from an object with the fields of the API's `shop`."""
    row = _object(text)
    if unknown := row.keys() - set(ShopContext.__dataclass_fields__):
        raise ValueError(f"{', '.join(sorted(unknown))}: no such field of a shop")
    registered = row.get("registered_at")
    return context_from_row(row | {"registered_at": None if registered is None else _time(registered)})


_READERS: Mapping[str, Callable[[str], Any]] = {"attributes": _attributes, "listed_at": _time, "shop": _shop}
"""How text becomes what a listing has beside text, amounts and photos."""


def _is_there(value: object) -> bool:
    """Whether a cell holds something: pandas marks absence by None or by a NaN, which differs from itself."""
    return value is not None and value == value


def _money(amount: float | None, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(float(amount), currency)


def _row(answer: Verdict | ItemError) -> dict[str, Any]:
    row: dict[str, Any] = {
        "listing_id": answer.listing_id,
        "action": None,
        "reasons": None,
        "notes": None,
        "error": None,
    }
    row |= {f"{head.value}_{what}": None for head in Head for what in ("probability", "action")}
    if isinstance(answer, ItemError):
        return row | {"error": f"{answer.field}: {answer.message}"}
    for head, verdict in answer.heads.items():
        row[f"{head.value}_probability"] = verdict.probability
        row[f"{head.value}_action"] = verdict.action.value
    reasons = [asdict(reason) | {"evidence": dict(reason.evidence)} for reason in answer.reasons]
    told = {"reasons": reasons, "notes": [asdict(note) for note in answer.notes]}
    said = {name: json.dumps(each, ensure_ascii=False) for name, each in told.items()}
    return row | {"action": answer.action.value, **said}


set_model(ListingRisk())
