"""Signals from brand names: which are claimed, which are only fitted, which are imitated or hidden in odd letters."""

from typing import Final

from trueshelf.listings import BrandTable, Head, Mention, MentionKind
from trueshelf.listings.text import Reading
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.letters import disguised_words, styled_words
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding
from trueshelf.models.signals.writing import Writing

_FAKE = (Head.COUNTERFEIT,)
_BOTH = (Head.COUNTERFEIT, Head.LOW_QUALITY)

SPECS: Final = (
    SignalSpec("brand_known", _FAKE, "0 or 1", "the brand field or the title claims a brand of the table"),
    SignalSpec("brands_claimed", _BOTH, "brands", "different brands that the title claims"),
    SignalSpec("brands_fitted", _FAKE, "brands", "different brands that the article is said to be for"),
    SignalSpec("brand_lookalikes", _FAKE, "names", "names that look like a brand but are spelt differently"),
    SignalSpec("brand_contradicted", _FAKE, "0 or 1", "brand field and title claim different brands"),
    SignalSpec("letters_disguised", _FAKE, "words", "words with invisible characters inside, or of two alphabets"),
    SignalSpec("letters_styled", _BOTH, "words", "words in mathematical or enclosed letters"),
)

_MOST_SHOWN = 3


def measure_names(writing: Writing, brands: BrandTable) -> Part:
    """Signals and findings from the names of brands."""
    claimed_text = writing.brand.original
    in_title = brands.find(writing.title, category=writing.category, claimed=claimed_text)
    claims = _brands(in_title, MentionKind.CLAIM)
    field = brands.named(claimed_text) if claimed_text else None
    lookalikes = _lookalikes(writing, brands, in_title)
    contradicted = field is not None and bool(claims) and field not in claims
    disguised = [(name, word) for name, text in writing.fields for word in _disguised(name, text, lookalikes)]
    values = {
        "brand_known": float(field is not None or bool(claims)),
        "brands_claimed": float(len(claims)),
        "brands_fitted": float(len(_brands(in_title, MentionKind.COMPATIBLE))),
        "brand_lookalikes": float(len(lookalikes)),
        "brand_contradicted": float(contradicted),
        "letters_disguised": float(len(disguised)),
        "letters_styled": float(sum(len(styled_words(text.original)) for _, text in writing.fields)),
    }
    findings: tuple[Finding, ...] = ()
    for name, mention in lookalikes[:_MOST_SHOWN]:
        evidence = {"found": mention.found, "brand": mention.brand, "field": name, "how": mention.how.value}
        findings += finding(ReasonCode.BRAND_LOOKALIKE, len(lookalikes), ["brand_lookalikes"], **evidence)
    if contradicted and field is not None:
        evidence = {"brand": field, "title": ", ".join(sorted(claims)), "field": "brand"}
        findings += finding(ReasonCode.BRAND_CONTRADICTED, 1, ["brand_contradicted"], **evidence)
    if disguised:
        name, found = disguised[0]
        findings += finding(
            ReasonCode.LETTERS_DISGUISED, len(disguised), ["letters_disguised"], found=found, field=name
        )
    return Part(values, findings)


def principal_brand(writing: Writing, brands: BrandTable) -> str | None:
    """The brand that a listing poses as: the one that the brand field names or imitates; where the field is blank or
    says that there is none, the first that the title claims or imitates. Another name in the field is no known brand.
    """
    if named := brands.named(writing.brand.original):
        return named
    mentions = brands.find(writing.brand)
    if brands.says_none(writing.brand.original):
        mentions = brands.find(writing.title, category=writing.category)
    return next((mention.brand for mention in mentions if mention.kind is not MentionKind.COMPATIBLE), None)


def _brands(mentions: list[Mention], kind: MentionKind) -> set[str]:
    return {mention.brand for mention in mentions if mention.kind is kind}


def _lookalikes(writing: Writing, brands: BrandTable, in_title: list[Mention]) -> list[tuple[str, Mention]]:
    """Imitated names with their fields; mere misspellings count where a seller takes care, so not in descriptions."""
    found = [("title", mention) for mention in in_title]
    found += [("brand", mention) for mention in brands.find(writing.brand)]
    described = brands.find(writing.description, category=writing.category, misspellings=False)
    found += [("description", mention) for mention in described]
    return [(name, mention) for name, mention in found if mention.kind is MentionKind.LOOKALIKE]


def _disguised(field: str, text: Reading, lookalikes: list[tuple[str, Mention]]) -> list[str]:
    places = [(mention.start, mention.end) for name, mention in lookalikes if name == field]
    return disguised_words(text.original, places)
