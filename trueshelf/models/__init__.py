"""Signals, encoders, fusion, calibration, thresholds and the bundle that holds them."""

from trueshelf.models.notes import Note, NoteCode
from trueshelf.models.prevalence import Prevalence
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.verdict import Action, Guarantee, HeadVerdict, ItemError, Reason, Thresholds, Verdict

__all__ = [
    "Action",
    "Guarantee",
    "HeadVerdict",
    "ItemError",
    "Note",
    "NoteCode",
    "Prevalence",
    "Reason",
    "ReasonCode",
    "Thresholds",
    "Verdict",
]
