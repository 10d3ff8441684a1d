"""The table of verdicts: one row a listing."""

import json
from typing import Any

import pyarrow as pa

from serving.classify.judging import Answer
from serving.classify.model import ServedModel
from serving.classify.remembering import code_digest
from serving.classify.wire import result_of
from trueshelf.listings import Head
from trueshelf.models import Verdict

VERDICTS = pa.schema(
    [
        pa.field("listing_id", pa.string()),
        pa.field("digest", pa.string()),
        pa.field("action", pa.string()),
        *(
            field
            for head in Head
            for field in (
                pa.field(f"{head.value}_probability", pa.float64()),
                pa.field(f"{head.value}_action", pa.string()),
                pa.field(f"{head.value}_threshold_category", pa.string()),
            )
        ),
        pa.field("reasons", pa.string()),
        pa.field("notes", pa.string()),
        pa.field("error_field", pa.string()),
        pa.field("error_message", pa.string()),
    ]
)
"""The verdict's columns are null where the error's are not, and the reverse; reasons and notes are JSON. `digest` is
that of all that the listing says."""


def judged_by(model: ServedModel) -> dict[str, str]:
    """What names the judge of a table: with the same judge the same listing has the same verdict."""
    return {
        "model": model.name,
        "version": model.version,
        "precision": model.precision,
        "code": code_digest()[:16],
    }


def row_of(answer: Answer, *, digest: str | None) -> dict[str, Any]:
    """The row of an answer.

    Args:
        digest: of the listing; None where it was none.
    """
    if not isinstance(answer, Verdict):
        return {"listing_id": answer.listing_id, "error_field": answer.field, "error_message": answer.message}
    heads = {
        f"{head.value}_{name}": value
        for head, verdict in answer.heads.items()
        for name, value in (
            ("probability", verdict.probability),
            ("action", verdict.action.value),
            ("threshold_category", verdict.group),
        )
    }
    verdict = result_of(answer).model_dump(mode="json")["verdict"]
    return {
        "listing_id": answer.listing_id,
        "digest": digest,
        "action": answer.action.value,
        **heads,
        **{name: json.dumps(verdict[name], ensure_ascii=False) for name in ("reasons", "notes")},
    }
