"""SVG path data as polygons, so that a mark's shape can be bent.

Path grammar and the conversion of arcs: https://www.w3.org/TR/SVG11/paths.html and its appendix F.6.5.
"""

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]  # [N, 2]

_COMMAND = re.compile(r"([MmZzLlHhVvCcSsQqTtAa])([^MmZzLlHhVvCcSsQqTtAa]*)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ARITY = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_STEPS = 8


def polygons(path: str) -> list[Points]:
    """The subpaths of SVG path data, curves cut into straight pieces."""
    return [np.array(points) for points in _Tracer().trace(path) if len(points) > 2]


def path_of(shapes: list[Points]) -> str:
    """Path data of closed polygons, to a hundredth of a unit."""
    return "".join("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z" for points in shapes)


class _Tracer:
    """A pen that walks along path data and remembers every point."""

    def __init__(self) -> None:
        self.done: list[list[complex]] = []
        self.pen = 0j
        self.control: complex | None = None

    def trace(self, path: str) -> Iterator[list[tuple[float, float]]]:
        for command, arguments in _steps(path):
            self._step(command, arguments)
        for subpath in self.done:
            yield [(point.real, point.imag) for point in subpath]

    def _step(self, command: str, values: list[float]) -> None:
        origin = self.pen if command.islower() else 0j
        kind = command.upper()
        control = None
        if kind == "M":
            self.pen = origin + complex(*values)
            self.done.append([self.pen])
        elif kind == "Z":
            self.pen = self.done[-1][0]
        elif kind in "HV":
            self._line(self._straight(kind, values[0], relative=command.islower()))
        elif kind == "L":
            self._line(origin + complex(*values))
        elif kind == "A":
            self._arc(values, origin)
        else:
            control = self._curve(
                kind, [origin + complex(*pair) for pair in zip(values[::2], values[1::2], strict=True)]
            )
        self.control = control

    def _straight(self, kind: str, value: float, *, relative: bool) -> complex:
        if kind == "H":
            return complex(value + (self.pen.real if relative else 0), self.pen.imag)
        return complex(self.pen.real, value + (self.pen.imag if relative else 0))

    def _line(self, end: complex) -> None:
        if self.done and self.done[-1][-1] != self.pen:
            self.done.append([self.pen])
        self.done[-1].append(end)
        self.pen = end

    def _curve(self, kind: str, points: list[complex]) -> complex:
        """Draw a cubic or quadratic curve; the control point that a smooth successor mirrors."""
        if kind in "ST":
            points = [2 * self.pen - self.control if self.control is not None else self.pen, *points]
        t = np.linspace(0, 1, _STEPS + 1)[1:]
        start, *controls, end = [self.pen, *points]
        if len(controls) == 2:
            first, second = controls
            curve = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t**2 * second + t**3 * end
        else:
            curve = (1 - t) ** 2 * start + 2 * (1 - t) * t * controls[0] + t**2 * end
        for point in curve:
            self._line(complex(point))
        return controls[-1]

    def _arc(self, values: list[float], origin: complex) -> None:
        radius_x, radius_y, turn, large, sweep, x, y = values
        end = origin + complex(x, y)
        if not radius_x or not radius_y or end == self.pen:
            self._line(end)
            return
        for point in _arc_points(
            self.pen, end, abs(radius_x), abs(radius_y), turn, large=bool(large), sweep=bool(sweep)
        ):
            self._line(point)


def _arc_points(
    start: complex, end: complex, radius_x: float, radius_y: float, turn: float, *, large: bool, sweep: bool
) -> list[complex]:
    rotation = np.exp(1j * np.deg2rad(turn))

    def to_circle(point: complex) -> complex:
        turned = point / rotation
        return complex(turned.real / radius_x, turned.imag / radius_y)

    first, last = to_circle(start), to_circle(end)
    half = abs(last - first) / 2
    scale = max(half, 1.0)
    height = np.sqrt(max(scale**2 - half**2, 0.0))
    side = 1 if large == sweep else -1
    centre = (first + last) / 2 - side * height * 1j * (last - first) / (2 * half)
    begin = np.angle(first - centre)
    angle = np.angle((last - centre) / (first - centre)) % (2 * np.pi)
    if not sweep:
        angle -= 2 * np.pi
    steps = max(2, int(abs(angle) / 0.12))
    circle = [centre + scale * np.exp(1j * (begin + angle * step / steps)) for step in range(1, steps)]
    return [*(complex(point.real * radius_x, point.imag * radius_y) * complex(rotation) for point in circle), end]


def _steps(path: str) -> Iterator[tuple[str, list[float]]]:
    """The commands of path data, each with its own arguments; a repeated `M` means `L`."""
    for command, text in _COMMAND.findall(path):
        arity = _ARITY[command.upper()]
        if not arity:
            yield command, []
            continue
        numbers = _arc_numbers(text) if arity == 7 else [float(number) for number in _NUMBER.findall(text)]
        repeated = {"M": "L", "m": "l"}.get(command, command)
        for start in range(0, len(numbers), arity):
            yield repeated if start else command, numbers[start : start + arity]


def _arc_numbers(text: str) -> list[float]:
    """Numbers of an arc, whose two flags may be written without a space: `a1 1 0 01.5.5`."""
    numbers: list[float] = []
    position = 0
    while True:
        while position < len(text) and text[position] in " ,\t\n\r":
            position += 1
        if position >= len(text):
            return numbers
        if len(numbers) % 7 in (3, 4):
            numbers.append(float(text[position]))
            position += 1
        else:
            match = _NUMBER.match(text, position)
            assert match, text[position:]
            numbers.append(float(match[0]))
            position = match.end()
