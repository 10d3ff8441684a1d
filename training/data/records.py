"""Reads a table of listings, CSV or JSON Lines, as records of text cells."""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

Record = Mapping[str, str]

_DELIMITERS = ",;\t|"
_HEADER_RECORDS = 1000


@dataclass(frozen=True, slots=True)
class Records:
    """A table that is read anew whenever asked; cells are text, empty where there is nothing."""

    path: Path
    headers: Sequence[str]

    @classmethod
    def open(cls, path: Path) -> "Records":
        """Read a table's headers; those of JSON Lines are the keys of its first thousand objects.

        Raises:
            ValueError: the file is missing, empty, no UTF-8, or has a header twice.
        """
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        with _opened(path) as file:
            headers = _json_headers(path, file) if _is_json(path) else _csv_headers(path, file)
        if not headers:
            raise ValueError(f"{path} is empty")
        return cls(path, headers)

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        """Records with their numbers; the first is 1, and blank lines do not count."""
        with _opened(self.path) as file:
            records = _json_records(self.path, file) if _is_json(self.path) else self._csv_records(file)
            for number, record in enumerate(records, start=1):
                yield number, {header: record.get(header, "") for header in self.headers}

    def _csv_records(self, file: TextIO) -> Iterator[Record]:
        reader = csv.reader(file, delimiter=_delimiter(file))
        next(reader)
        try:
            for cells in reader:
                if len(cells) > len(self.headers):
                    found = f"{self.path}, line {reader.line_num}, has {len(cells)} cells"
                    raise ValueError(f"{found}; the header has {len(self.headers)}")
                if any(cells):
                    yield dict(zip(self.headers, cells, strict=False))
        except csv.Error as error:
            raise ValueError(f"{self.path}, line {reader.line_num}: {error}") from error


def _is_json(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json"))


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        try:
            yield file
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not UTF-8: {error.reason} (byte 0x{error.object[error.start]:02x})") from error
        except csv.Error as error:
            raise ValueError(f"{path} is not a CSV file: {error}") from error
        except (gzip.BadGzipFile, EOFError) as error:
            raise ValueError(f"{path} is not a whole gzip file: {error}") from error


def _delimiter(file: TextIO) -> str:
    """The usual delimiter that the header has most of; the file is at its start afterwards."""
    header = file.readline()
    file.seek(0)
    return max(_DELIMITERS, key=header.count)


def _csv_headers(path: Path, file: TextIO) -> list[str]:
    headers = [cell.strip() for cell in next(csv.reader(file, delimiter=_delimiter(file)), [])]
    twice = next((header for number, header in enumerate(headers) if header in headers[:number]), None)
    if twice is not None:
        raise ValueError(f"{path} has two columns named {twice!r}")
    return headers


def _json_headers(path: Path, file: TextIO) -> list[str]:
    return list(dict.fromkeys(key for record in islice(_json_records(path, file), _HEADER_RECORDS) for key in record))


def _json_records(path: Path, file: TextIO) -> Iterator[Record]:
    for line, text in enumerate(file, start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {line}, is not JSON: {error}") from error
        if not isinstance(record, dict):
            raise ValueError(f"{path}, line {line}, is no JSON object")
        yield {str(key): _cell(value) for key, value in record.items()}


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return ";".join(map(_cell, value))
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
