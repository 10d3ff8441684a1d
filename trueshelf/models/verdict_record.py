"""A verdict as bytes, and back without any loss."""

import json
from typing import Any

from trueshelf.listings import Head
from trueshelf.models.notes import Note, NoteCode
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.verdict import Action, HeadVerdict, Reason, Verdict


def to_bytes(verdict: Verdict) -> bytes:
    """A verdict as JSON."""
    heads = {head.value: [found.probability, found.action, found.group] for head, found in verdict.heads.items()}
    return json.dumps(
        {
            "listing_id": verdict.listing_id,
            "heads": heads,
            "reasons": [
                [reason.code, reason.head, reason.value, reason.threshold, reason.contribution, dict(reason.evidence)]
                for reason in verdict.reasons
            ],
            "notes": [[note.code, note.field] for note in verdict.notes],
        },
        separators=(",", ":"),
    ).encode()


def from_bytes(content: bytes) -> Verdict:
    """The inverse of `to_bytes`.

    Raises:
        ValueError: it is no verdict of this version of Trueshelf.
    """
    try:
        data: dict[str, Any] = json.loads(content)
        return Verdict(
            data["listing_id"],
            {
                Head(head): HeadVerdict(probability, Action(action), group)
                for head, (probability, action, group) in data["heads"].items()
            },
            tuple(
                Reason(ReasonCode(code), Head(head), value, threshold, contribution, evidence)
                for code, head, value, threshold, contribution, evidence in data["reasons"]
            ),
            tuple(Note(NoteCode(code), field) for code, field in data["notes"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{content[:80]!r} is no verdict: {error!r}") from error
