"""A multipart form taken apart (RFC 7578): the content of each part by its name."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from serving.classify.problems import Problem
from serving.classify.schemas import MAX_LISTINGS, MAX_PHOTOS

MAX_PARTS = MAX_LISTINGS * MAX_PHOTOS + 1


def form_parts(body: bytes, content_type: str) -> dict[str, bytes]:
    """The parts of a `multipart/form-data` body.

    Raises:
        Problem: 400, the body is no such form or was cut off; 422, two parts have one name, or there are too many.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise Problem.about(400, "Content-Type", "names no boundary")
    form = _Form()
    try:
        MultipartParser(
            boundary,
            callbacks={
                "on_part_begin": form.begin_part,
                "on_header_field": form.add_header_name,
                "on_header_value": form.add_header_value,
                "on_header_end": form.end_header,
                "on_part_data": form.add_data,
                "on_part_end": form.end_part,
                "on_end": form.end,
            },
        ).write(body)
    except FormParserError as error:
        raise Problem.about(400, "body", f"is no multipart form: {error}") from error
    if not form.ended:
        raise Problem.about(400, "body", "is a multipart form that was cut off")
    return form.parts


class _Form:
    """Collects what the parser finds; every callback gets a slice of the body."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}
        self.ended = False
        self.begin_part()

    def begin_part(self) -> None:
        self._header_name = self._header_value = b""
        self._disposition = b""
        self._data: list[bytes] = []

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def end_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode(errors="replace")
        if not name:
            raise Problem.about(400, "body", "a part of the form has no name")
        if name in self.parts:
            raise Problem.about(422, name[:100], "two parts of the form have this name")
        if len(self.parts) == MAX_PARTS:
            raise Problem.about(422, "body", f"the form has more than {MAX_PARTS} parts")
        self.parts[name] = b"".join(self._data)

    def end(self) -> None:
        self.ended = True
