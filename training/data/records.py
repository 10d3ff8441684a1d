"""Reads a table of listings, CSV or JSON Lines, as records of text cells."""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

Record = Mapping[str, str]

_DELIMITERS = ",;\t|"
_HEADER_RECORDS = 1000
_SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
_HALF = re.compile(r"[\ud800-\udfff]")  # surrogates, which JSON can write alone and UTF-8 cannot
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class RowError(ValueError):
    """Why one row, or one thing in it, cannot be used; `kind` is the reason without the row's own values."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Records:
    """A table that is read anew whenever asked; cells are text, empty where there is nothing."""

    path: Path
    headers: Sequence[str]

    @classmethod
    def open(cls, path: Path) -> "Records":
        """Read a table's headers; those of JSON Lines are the keys of its first thousand objects.

        Raises:
            ValueError: the file is missing, empty, of another form or encoding, or has a header twice.
        """
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        if path.suffix.lower() in _SPREADSHEETS:
            raise ValueError(f"{path} is a spreadsheet: save it as CSV, in UTF-8, and import that")
        with _opened(path) as file:
            headers = _json_headers(path, file) if _is_json(path) else _csv_headers(path, file)
        if not any(headers):
            raise ValueError(f"{path} is empty")
        return cls(path, headers)

    @property
    def is_json(self) -> bool:
        return _is_json(self.path)

    def __iter__(self) -> Iterator[tuple[int, Record | RowError]]:
        """Records with their numbers, or why there is none; the first is 1, and blank lines do not count."""
        with _opened(self.path) as file:
            records = _json_records(self.path, file) if self.is_json else self._csv_records(file)
            for number, record in enumerate(records, start=1):
                if isinstance(record, RowError):
                    yield number, record
                else:
                    yield number, {header: record.get(header, "") for header in self.headers}

    def _csv_records(self, file: TextIO) -> Iterator[Record]:
        reader = csv.reader(file, delimiter=_delimiter(file))
        header = [cell.strip() for cell in next(reader)]
        try:
            for cells in reader:
                if any(cells[len(header) :]):
                    found = f"{self.path}, line {reader.line_num}, has {len(cells)} cells"
                    raise ValueError(f"{found}; the header has {len(header)}")
                if any(cells):
                    yield {name: cell for name, cell in zip(header, cells, strict=False) if name}
        except csv.Error as error:
            raise ValueError(f"{self.path}, line {reader.line_num}: {error}") from error


def _is_json(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json"))


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as binary:
            encoding = "utf-16" if binary.read(2) in _UTF_16 else "utf-8-sig"
        with opened(path, "rt", encoding=encoding, newline="") as file:
            yield file
    except UnicodeDecodeError as error:
        found = f"{error.reason} (byte 0x{error.object[error.start]:02x})"
        name = "UTF-16" if error.encoding.startswith("utf-16") else "UTF-8"
        hint = f"if it is from Windows: iconv -f CP1252 -t UTF-8 {path.name} > utf8-{path.name}"
        raise ValueError(f"{path} is not {name}: {found}; convert it first, {hint}") from error
    except csv.Error as error:
        raise ValueError(f"{path} is not a CSV file: {error}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file: {error}") from error


def _delimiter(file: TextIO) -> str:
    """The usual delimiter that the header has most of; the file is at its start afterwards."""
    header = file.readline()
    file.seek(0)
    return max(_DELIMITERS, key=header.count)


def _csv_headers(path: Path, file: TextIO) -> list[str]:
    """The names of columns; those without one are left out, as spreadsheets write some after the last."""
    cells = (cell.strip() for cell in next(csv.reader(file, delimiter=_delimiter(file)), []))
    headers = [cell for cell in cells if cell]
    twice = next((header for number, header in enumerate(headers) if header in headers[:number]), None)
    if twice is not None:
        raise ValueError(f"{path} has two columns named {twice!r}")
    return headers


def _json_headers(path: Path, file: TextIO) -> list[str]:
    if file.read(1) == "[":
        raise ValueError(f"{path} is one JSON array; give one object a line instead: jq -c '.[]' {path.name}")
    file.seek(0)
    records = (record for record in _json_records(path, file) if not isinstance(record, RowError))
    return list(dict.fromkeys(key for record in islice(records, _HEADER_RECORDS) for key in record))


def _json_records(path: Path, file: TextIO) -> Iterator[Record | RowError]:
    for line, text in enumerate(file, start=1):
        if not text.strip():
            continue
        try:
            yield _json_record(path, line, text)
        except RowError as reason:
            yield reason


def _json_record(path: Path, line: int, text: str) -> Record:
    try:
        found = json.loads(text)
        record = {str(key): _cell(value) for key, value in found.items()} if isinstance(found, dict) else None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {line}, is not JSON: {error}; one object a line is read") from error
    except RecursionError:
        raise RowError("the JSON is nested too deeply", f"line {line}") from None
    except ValueError as error:  # a number of thousands of digits
        raise RowError("the JSON cannot be read", f"line {line}: {error}") from error
    if record is None:
        raise ValueError(f"{path}, line {line}, is no JSON object; one object a line is read")
    for key, cell in record.items():
        if _HALF.search(key + cell):
            raise RowError("a cell holds half a character", ascii(f"{key}: {cell}"[:80]))
    return record


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
