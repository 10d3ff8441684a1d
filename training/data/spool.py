"""Rows on disk while an import goes on: written a block at a time, then read as often as they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

_ROWS = 1024


class SpoolWriter:
    """Writes rows of a schema into an Arrow stream.

    Raises:
        ValueError: a row does not fit the schema.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._schema = path, schema
        self._sink = pa.OSFile(str(path), "wb")
        self._stream = pa.ipc.new_stream(self._sink, schema)
        self._waiting: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._stream.close()
        self._sink.close()

    def add(self, row: dict[str, Any]) -> None:
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        try:
            self._stream.write_batch(pa.RecordBatch.from_pylist(self._waiting, schema=self._schema))
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
            raise ValueError(f"a row of {self._path.stem} does not fit its schema: {error}") from error
        self._waiting.clear()


@dataclass(frozen=True, slots=True)
class Spool:
    """The rows that were written, in their order, read anew whenever they are gone through."""

    path: Path

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with pa.OSFile(str(self.path), "rb") as source, pa.ipc.open_stream(source) as stream:
            for batch in stream:
                yield from batch.to_pylist()
