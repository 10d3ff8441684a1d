"""Which column of an imported table is which field of a listing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from trueshelf.listings import Head

IMAGE = "image"
ATTRIBUTE = "attributes."

FIELDS: Mapping[str, str] = {
    "listing_id": "the listing's id; the number of the row by default",
    "shop_id": "who sells it, or any group that must not be torn apart",
    "operator_id": "who is behind the shop",
    "registered_at": "when the shop was registered",
    "certification": "how far the shop was checked: none, basic or depth",
    "authorised_brands": "brands that the shop may sell as a reseller, separated by ; or |",
    "title": "title",
    "description": "description",
    "brand": "the brand that the seller claims",
    "category": "category",
    "price": "what the buyer pays",
    "list_price": "the price before any discount",
    "currency": "ISO 4217 code of both prices",
    IMAGE: "path of a photo under --images; several are separated by ; or |",
    "listed_at": "ISO 8601 time, or seconds since 1970",
    "language": "ISO 639-1 code of the title's language",
    "counterfeit": "label: yes or no, fake or original, …",
    "low_quality": "label: yes or no",
    "labelled_at": "when the labels were given",
    "provenance": "where the row's labels come from; what --provenance says by default",
    "split": "train, validation, calibration or test; decided by Trueshelf by default",
    f"{ATTRIBUTE}NAME": "any other fact about the article",
}

_ALIASES = {"images": IMAGE, "photo": IMAGE, "photos": IMAGE, "id": "listing_id"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The headers of each field that has any, in the order given; only images may have several."""

    headers: Mapping[str, tuple[str, ...]]

    @classmethod
    def resolve(cls, headers: Sequence[str], assignments: Sequence[str]) -> "Columns":
        """Match fields with headers: those assigned as `field=header`, then those of the same name, whatever its case.

        Raises:
            ValueError: an assignment names no field or no header, a field has two headers, or neither a label nor
                anything to judge by is there.
        """
        found: dict[str, tuple[str, ...]] = {}
        for assignment in assignments:
            field, header = _assigned(assignment, headers)
            if field in found and field != IMAGE:
                raise ValueError(f"--column gives {field} twice: {found[field][0]!r} and {header!r}")
            found[field] = (*found.get(field, ()), header)
        for header in sorted(headers, key=lambda header: not _is_field(header)):
            field = _named(header)
            if field not in found and _is_field(field):
                found[field] = (header,)
        columns = cls(found)
        columns._require(headers)
        return columns

    def __contains__(self, field: str) -> bool:
        return field in self.headers

    @property
    def heads(self) -> tuple[Head, ...]:
        return tuple(head for head in Head if head.value in self.headers)

    @property
    def attributes(self) -> Mapping[str, str]:
        """The header of each attribute by its name."""
        return {
            field.removeprefix(ATTRIBUTE): headers[0]
            for field, headers in self.headers.items()
            if field.startswith(ATTRIBUTE)
        }

    def unused(self, headers: Sequence[str]) -> list[str]:
        used = {header for group in self.headers.values() for header in group}
        return [header for header in headers if header not in used]

    def text(self, record: Mapping[str, str], field: str) -> str:
        """A record's cell of a field, without blanks around it; empty where the field has no column."""
        return record[self.headers[field][0]].strip() if field in self.headers else ""

    def _require(self, headers: Sequence[str]) -> None:
        there = f"the columns are {', '.join(headers)}"
        if not self.heads:
            raise ValueError(
                f"no column is a label, and one is required: {there}; "
                "give --column counterfeit=HEADER or --column low_quality=HEADER"
            )
        if IMAGE not in self and "title" not in self:
            raise ValueError(
                f"no column is an image or a title, and one is required: {there}; give --column image=HEADER"
            )


def _assigned(assignment: str, headers: Sequence[str]) -> tuple[str, str]:
    field, separator, header = assignment.partition("=")
    field = _ALIASES.get(field.strip(), field.strip())
    if not separator:
        raise ValueError(f"--column {assignment!r} is not of the form field=header")
    if not _is_field(field):
        raise ValueError(f"--column {assignment!r} names no field; fields are {', '.join(FIELDS)}")
    if header not in headers:
        close = get_close_matches(header, headers, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise ValueError(f"--column {assignment!r} names no column{hint}; the columns are {', '.join(headers)}")
    return field, header


def _named(header: str) -> str:
    """The field that a header names: `Shop ID` is shop_id; an attribute's own name keeps its letters."""
    if header.startswith(ATTRIBUTE):
        return header
    name = header.casefold().replace(" ", "_")
    return _ALIASES.get(name, name)


def _is_field(name: str) -> bool:
    return name in FIELDS or (name.startswith(ATTRIBUTE) and len(name) > len(ATTRIBUTE))
