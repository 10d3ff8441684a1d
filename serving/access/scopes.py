"""What a caller may be allowed."""

from enum import StrEnum


class Scope(StrEnum):
    """A part of the API; `ADMIN` stands for all of them, those to come included."""

    SCORE = "score"
    READ = "read"
    DOCS = "docs"
    METRICS = "metrics"
    ADMIN = "admin"


MEANING = {
    Scope.SCORE: "send listings and get verdicts",
    Scope.READ: "see the model, its thresholds and its card",
    Scope.DOCS: "read the API's description",
    Scope.METRICS: "read the metrics",
    Scope.ADMIN: "all of these",
}
"""For people."""


def scopes_of(words: str) -> frozenset[Scope]:
    """The scopes that a list with commas names.

    Raises:
        ValueError: one of them is none.
    """
    named = [word.strip() for word in words.split(",") if word.strip()]
    for word in named:
        if word not in list(Scope):
            raise ValueError(f"{word!r} is no scope; there are {', '.join(Scope)}")
    return frozenset(Scope(word) for word in named)
