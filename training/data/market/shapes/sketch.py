"""A pen that draws one article as SVG in a box of 1000 × 1000, and knows where it put the mark."""

from dataclasses import dataclass, field

import numpy as np

from training.data.market.catalogue import BODIES, Article, luminance
from training.data.market.draws import draws
from training.data.market.marks import MarkStyle, Mould, mark_svg

DEFS = (
    '<defs><linearGradient id="shade" x1="0.2" y1="0" x2="0.8" y2="1"><stop stop-color="#fff" stop-opacity="0.28"/>'
    '<stop offset="0.45" stop-color="#fff" stop-opacity="0"/><stop offset="0.6" stop-opacity="0"/>'
    '<stop offset="1" stop-opacity="0.38"/></linearGradient>'
    '<linearGradient id="round"><stop stop-opacity="0.45"/><stop offset="0.3" stop-color="#fff" stop-opacity="0.22"/>'
    '<stop offset="0.65" stop-opacity="0.05"/><stop offset="1" stop-opacity="0.5"/></linearGradient>'
    '<linearGradient id="glass" x1="0.1" y1="0" x2="0.7" y2="1"><stop stop-color="#fff" stop-opacity="0.5"/>'
    '<stop offset="0.4" stop-color="#fff" stop-opacity="0.03"/><stop offset="1" stop-color="#000" stop-opacity="0.35"/>'
    '</linearGradient><linearGradient id="metal" x2="0.3" y2="1"><stop stop-color="#f2efe6"/>'
    '<stop offset="0.45" stop-color="#9b978c"/><stop offset="0.55" stop-color="#d8d4c8"/>'
    '<stop offset="1" stop-color="#6c685f"/></linearGradient><pattern id="thread" width="14" height="14" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(24)"><rect width="5" height="14" fill="#000"/></pattern>'
    "</defs>"
)

_SEWN = frozenset({"sneakers", "tshirts", "hoodies", "caps", "handbags", "backpacks", "watch_straps", "ear_pads"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of an article, as it lies before the camera.

    Attributes:
        mould: whose copy it is; None where the brand made it.
        wear: 0 new to 1 worn out.
        key: what stains, threads and scratches hang on.
    """

    article: Article
    mould: Mould | None = None
    wear: float = 0.0
    key: str = ""

    @property
    def sloppiness(self) -> float:
        """Of the making, 0 to 1."""
        return self.mould.sloppiness if self.mould else 0.0

    @property
    def roughness(self) -> float:
        """Of the material, 0 to 1: copies are made of cheaper stuff, and so is much that bears no brand."""
        if self.article.brand is None:
            return float(draws(0, "stuff", self.article.shape).random())
        return self.sloppiness


@dataclass(frozen=True, slots=True)
class Place:
    """Where the mark sits, in the box's units."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A piece as two layers of SVG content for a box of 1000 × 1000.

    Attributes:
        flat: colours without light.
        shading: light and shadow over middle grey, to be laid on by hard light; it may be rendered coarsely.
        place: where the mark is.
    """

    flat: str
    shading: str
    place: Place


@dataclass(slots=True)
class Sketch:
    """SVG fragments of one piece, in the order they are painted."""

    piece: Piece
    parts: list[str] = field(default_factory=list)
    shades: list[str] = field(default_factory=list)
    place: Place = field(default_factory=lambda: Place(500, 500, 300))
    rng: np.random.Generator = field(init=False)
    body: str = field(init=False)
    accent: str = field(init=False)
    variant: list[float] = field(init=False)

    def __post_init__(self) -> None:
        article = self.piece.article
        self.body = BODIES[article.colour]
        self.accent = BODIES[article.accent]
        self.variant = [float(value) for value in draws(0, "shape", article.shape).random(12)]
        self.rng = draws(0, "piece", self.piece.key)

    @property
    def dark(self) -> str:
        """A line colour that shows on the body."""
        return "#000000" if luminance(self.body) > 0.3 else "#d8d8d8"

    def fill(self, path: str, colour: str, shade: str = "shade") -> None:
        """A part of the article in one colour, lit as `shade` says: shade, round, glass, or not at all."""
        self.parts.append(f'<path d="{path}" fill="{colour}"/>')
        self.shades.append(f'<path d="{path}" fill="#808080"/>')
        if shade:
            self.gloss(path, shade)

    def gloss(self, path: str, shade: str) -> None:
        """Light on what has been painted already."""
        self.shades.append(f'<path d="{path}" fill="url(#{shade})"/>')

    def line(self, path: str, colour: str, width: float, *, opacity: float = 1.0, dash: str = "") -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" stroke-opacity="{opacity:.2f}" '
            f'stroke-linecap="round"{dashes}/>'
        )

    def fold(self, path: str, width: float = 16) -> None:
        """A crease, which is a soft dark line."""
        self.shades.append(
            f'<path d="{path}" fill="none" stroke="#000" stroke-width="{width}" stroke-opacity="0.26" '
            'stroke-linecap="round"/>'
        )

    def seam(self, *points: tuple[float, float]) -> None:
        """A line of stitches; a careless maker's wanders and skips."""
        sloppy = self.piece.sloppiness
        steps = np.linspace(0, 1, 12)
        corners = np.array(points)
        at = np.linspace(0, 1, len(corners))
        xs, ys = (np.interp(steps, at, corners[:, axis]) for axis in (0, 1))
        drift = np.cumsum(self.rng.normal(0, 1, (2, 12)), axis=1) * 5.0 * sloppy
        path = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in zip(xs + drift[0], ys + drift[1], strict=True))
        dash = ("14 7 15 8", "14 7 26 18 9 8 20 4")[sloppy > 0.35]
        self.line(path, self.dark, 4, opacity=0.55, dash=dash)

    def mark(self, x: float, y: float, width: float, height: float, *, turn: float = 0.0) -> None:
        """The brand's mark centred on a point, as large as fits; nothing on an article without a brand."""
        article = self.piece.article
        self.place = Place(x, y, width)
        if article.brand is None:
            return
        svg, wide, high = mark_svg(article.brand, MarkStyle(article.ink, article.finish), self.piece.mould)
        scale = min(width / wide, height / high)
        self.parts.append(f'<g transform="translate({x:.1f},{y:.1f}) rotate({turn:.1f}) scale({scale:.2f})">{svg}</g>')

    def finish(self) -> Drawing:
        """The drawing, with the marks of use and of careless making."""
        self._scratches(int(self.piece.wear * 9))
        sloppy = self.piece.sloppiness
        self._loose_ends(int(sloppy * 10 * self.rng.random()))
        self._shine(self.piece.roughness)
        return Drawing(DEFS + "".join(self.parts), DEFS + "".join(self.shades), self.place)

    def _scratches(self, count: int) -> None:
        for _ in range(count):
            x, y = self.rng.uniform(250, 750, 2)
            dx, dy = self.rng.normal(0, 35, 2)
            colour = "#fff" if self.rng.random() < 0.5 else "#3a2c1e"
            self.line(f"M{x:.0f} {y:.0f}l{dx:.0f} {dy:.0f}", colour, 3, opacity=0.35)

    def _shine(self, amount: float) -> None:
        """The hard streaks of light on cheap material; they fall differently on every piece."""
        for _ in range(int(4 * amount + self.rng.random())):
            x, y = self.rng.uniform(200, 800, 2)
            dx, dy = self.rng.normal(0, 90, 2)
            path = f"M{x:.0f} {y:.0f}q{dx:.0f} {dy:.0f} {dx * 1.6:.0f} {dy * 2.2:.0f}"
            self.shades.append(
                f'<path d="{path}" fill="none" stroke="#fff" stroke-width="{self.rng.uniform(10, 26):.0f}" '
                f'stroke-opacity="{0.12 + 0.3 * amount:.2f}" stroke-linecap="round"/>'
            )

    def _loose_ends(self, count: int) -> None:
        """Threads of what is sewn and smears of glue on what is not, near the mark."""
        for _ in range(count):
            x, y = self.place.x + self.rng.normal(0, 75), self.place.y + self.rng.normal(0, 55)
            if self.piece.article.category in _SEWN:
                bend = self.rng.normal(0, 28, 4)
                path = f"M{x:.0f} {y:.0f}q{bend[0]:.0f} {bend[1]:.0f} {bend[2]:.0f} {bend[3]:.0f}"
                self.line(path, self.dark, 4, opacity=0.75)
            else:
                smear = ellipse(x, y, *self.rng.uniform(8, 26, 2))
                self.parts.append(f'<path d="{smear}" fill="#f7f3e6" fill-opacity="0.3"/>')


def rectangle(x: float, y: float, width: float, height: float, radius: float = 0.0) -> str:
    """Path data of a rectangle with round corners."""
    r = min(radius, width / 2, height / 2)
    return (
        f"M{x + r:.1f} {y:.1f}h{width - 2 * r:.1f}a{r:.1f} {r:.1f} 0 0 1 {r:.1f} {r:.1f}v{height - 2 * r:.1f}"
        f"a{r:.1f} {r:.1f} 0 0 1 {-r:.1f} {r:.1f}h{2 * r - width:.1f}a{r:.1f} {r:.1f} 0 0 1 {-r:.1f} {-r:.1f}"
        f"v{2 * r - height:.1f}a{r:.1f} {r:.1f} 0 0 1 {r:.1f} {-r:.1f}Z"
    )


def ellipse(x: float, y: float, radius_x: float, radius_y: float | None = None) -> str:
    """Path data of an ellipse or a circle."""
    ry = radius_x if radius_y is None else radius_y
    return (
        f"M{x - radius_x:.1f} {y:.1f}a{radius_x:.1f} {ry:.1f} 0 1 0 {2 * radius_x:.1f} 0"
        f"a{radius_x:.1f} {ry:.1f} 0 1 0 {-2 * radius_x:.1f} 0Z"
    )
