"""The registered model's code: MLflow keeps this file beside the bundle and runs it in `mlflow.pyfunc.load_model`.

    model = mlflow.pyfunc.load_model("models:/listing-risk@champion")
    model.predict(pandas.DataFrame([{"listing_id": "1", "title": "…", "photos": [photo_bytes]}]))

One row a listing comes back, in order: probabilities and actions by head, the strongest action, reasons as JSON; or an
error. It loads where `trueshelf` is installed, and needs nothing else of this repository.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from trueshelf.listings import Head, Listing, Money, Photo
from trueshelf.models.bundle import Bundle
from trueshelf.models.verdict import ItemError, Verdict


class ListingRisk(PythonModel):
    """A bundle behind MLflow's interface; its tables say nothing of attributes, times and what is known of shops."""

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
        """Judge listings, one a row."""
        listings = [_listing(row, number) for number, row in enumerate(model_input.to_dict("records"))]
        return pd.DataFrame([_row(answer) for answer in self.bundle.predict(listings)])


def _listing(row: Mapping[Any, Any], number: int) -> Listing:
    known = {name: value for name, value in row.items() if isinstance(value, (list, tuple)) or _is_there(value)}
    return Listing(
        id=str(known.get("listing_id", number)),
        shop_id=known.get("shop_id"),
        title=known.get("title", ""),
        description=known.get("description", ""),
        brand=known.get("brand"),
        category=known.get("category"),
        price=_money(known.get("price_amount"), known.get("price_currency")),
        list_price=_money(known.get("list_price_amount"), known.get("list_price_currency")),
        photos=tuple(Photo.of(bytes(content)) for content in known.get("photos", ())),
        language=known.get("language"),
    )


def _is_there(value: object) -> bool:
    """Whether a cell holds something: pandas marks absence by None or by a NaN, which differs from itself."""
    return value is not None and value == value


def _money(amount: float | None, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(float(amount), currency)


def _row(answer: Verdict | ItemError) -> dict[str, Any]:
    row: dict[str, Any] = {"listing_id": answer.listing_id, "action": None, "reasons": None, "error": None}
    row |= {f"{head.value}_{what}": None for head in Head for what in ("probability", "action")}
    if isinstance(answer, ItemError):
        return row | {"error": f"{answer.field}: {answer.message}"}
    for head, verdict in answer.heads.items():
        row[f"{head.value}_probability"] = verdict.probability
        row[f"{head.value}_action"] = verdict.action.value
    reasons = [asdict(reason) | {"evidence": dict(reason.evidence)} for reason in answer.reasons]
    return row | {"action": answer.action.value, "reasons": json.dumps(reasons, ensure_ascii=False)}


set_model(ListingRisk())
