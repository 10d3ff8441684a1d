"""What of a table is not as its schema has it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Misfit:
    """A column that is not as its table's schema has it.

    Attributes:
        kind: missing column, column of the wrong type, or column with empty cells.
        problem: what follows the column's name: `is int64, not string`.
    """

    kind: str
    column: str
    problem: str


def misfits(found: pa.Schema, schema: pa.Schema, *, empty: Mapping[str, int]) -> Iterator[Misfit]:
    """Every column of a schema that a table lacks, or holds otherwise; columns beyond the schema are nobody's fault.

    Args:
        found: the table's own.
        empty: how many empty cells each of its columns has.
    """
    for field in schema:
        if field.name not in found.names:
            yield Misfit("missing column", field.name, f"is missing; it should be {field.type}")
        elif not (kind := found.field(field.name).type).equals(field.type):
            yield Misfit("column of the wrong type", field.name, f"is {kind}, not {field.type}")
        elif not field.nullable and (cells := empty.get(field.name, 0)):
            yield Misfit("column with empty cells", field.name, f"has {cells} empty cells; it may have none")
