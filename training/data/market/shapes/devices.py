"""Outlines of devices and what goes with them: watches, headphones, phones, cases, straps, ear pads."""

import math
from dataclasses import replace

from training.data.market.shapes.sketch import Sketch, ellipse, rectangle


def watch(s: Sketch) -> None:
    """A watch from the front, with hands or with a screen."""
    v = s.variant
    wide = 70 + 40 * v[0]
    strap = s.body if v[1] < 0.7 else "#8f9298"
    s.fill(f"M{500 - wide} 340L{520 - wide} 60H{480 + wide}L{500 + wide} 340Z", strap, "round")
    s.fill(f"M{500 - wide} 660L{520 - wide} 945H{480 + wide}L{500 + wide} 660Z", strap, "round")
    for y in (110, 165, 800, 850, 900):
        s.fill(ellipse(500, y, 11, 9), "#111", "")
    s.fill(rectangle(690, 470, 40, 56, 10), "#9a9ca2")
    square = v[2] < 0.4
    case = rectangle(300, 285, 400, 430, 110) if square else ellipse(500, 500, 215)
    s.fill(case, "#b9bbc0" if v[3] < 0.6 else "#26272b")
    dial = rectangle(328, 313, 344, 374, 88) if square else ellipse(500, 500, 182)
    s.fill(dial, "#101216" if v[4] < 0.6 else "#f3f1ea", "")
    ink = "#e9e9e6" if v[4] < 0.6 else "#1c1c1c"
    if v[5] < 0.5:
        for hour in range(12):
            s.parts.append(
                f'<path d="M500 345v24" stroke="{ink}" stroke-width="9" transform="rotate({30 * hour} 500 500)"/>'
            )
        for length, width, angle in ((95, 13, 300 * v[6]), (135, 8, 360 * v[7])):
            s.parts.append(
                f'<path d="M500 500v{-length}" stroke="{ink}" stroke-width="{width}" stroke-linecap="round" '
                f'transform="rotate({angle} 500 500)"/>'
            )
    else:
        s.line("M420 560a80 80 0 1 0 160 0", s.accent, 20)
        s.line(f"M395 620H{470 + 110 * v[8]}M395 655H{440 + 110 * v[9]}", ink, 13, opacity=0.8)
    s.gloss(dial, "glass")
    _on_face(s, v[4] < 0.6, 500, 428, 185, 85)


def headphones(s: Sketch) -> None:
    """Headphones, or earphones above their case."""
    v = s.variant
    if v[0] < 0.3:
        _buds(s)
        return
    band = 26 + 18 * v[1]
    s.line("M265 560C230 90 770 90 735 560", s.body, band + 22)
    s.line("M275 540C250 115 750 115 725 540", "#fff", band / 2, opacity=0.13)
    s.line("M330 300C390 165 610 165 670 300", s.accent if v[2] < 0.5 else "#2a2a2e", band)
    for x, side in ((262, -1), (738, 1)):
        s.fill(ellipse(x - side * 52, 605, 62, 148), "#1a1a1d")
        s.fill(ellipse(x, 605, 92 + 20 * v[3], 150 + 20 * v[4]), s.body)
        s.line(ellipse(x, 605, 70 + 14 * v[3], 122), s.accent if v[5] < 0.4 else "#000", 6, opacity=0.5)
    s.mark(738, 605, 150, 170)


def _buds(s: Sketch) -> None:
    v = s.variant
    s.fill(rectangle(270, 470, 460, 360, 110 + 60 * v[6]), s.body)
    s.line("M270 585H730", "#000", 5, opacity=0.4)
    for x, side in ((395, -1), (605, 1)):
        s.fill(f"M{x - 30} 330h60l{side * 10} 150h-60Z", s.body, "round")
        s.fill(ellipse(x + side * 12, 315, 68, 62), s.body)
        s.fill(ellipse(x + side * 52, 330, 30, 36), "#26262a", "")
    s.mark(500, 700, 260, 135)


def phone(s: Sketch) -> None:
    """A phone from behind."""
    v = s.variant
    wide = 215 + 20 * v[0]
    outline = rectangle(500 - wide, 70, 2 * wide, 860, 50 + 30 * v[1])
    s.fill(outline, s.body)
    s.gloss(outline, "glass")
    s.line(outline, "#c9c7c1" if v[2] < 0.5 else "#2b2b2e", 9)
    _lenses(s, 500 - wide + 34, 104)
    s.fill(rectangle(500 + wide, 250, 8, 90, 4), "#55555a", "")
    s.fill(rectangle(500 + wide, 380, 8, 60, 4), "#55555a", "")
    s.mark(500, 480 + 110 * v[5], 190 + 50 * v[6], 170)


def phone_case(s: Sketch) -> None:
    """A case for a phone from behind."""
    v = s.variant
    outline = rectangle(272, 62, 456, 876, 80)
    s.fill(outline, s.body)
    if v[7] < 0.5:
        _pattern(s)
    s.line(outline, s.accent, 16, opacity=0.9)
    s.line(rectangle(286, 76, 428, 848, 70), "#000", 5, opacity=0.25)
    s.fill(rectangle(300, 96, 200, 210, 60), "#d9d7d0" if v[8] < 0.4 else "#141416", "")
    _lenses(s, 306, 102)
    s.mark(500, 560, 200, 200)


def watch_strap(s: Sketch) -> None:
    """The two halves of a strap."""
    v = s.variant
    for x in (330, 560):
        s.fill(f"M{x} 90L{x + 14} 900Q{x + 62} 940 {x + 110} 900L{x + 124} 90Z", s.body, "round")
        s.line(f"M{x + 6} 110h112", "#8d9096", 26)
    for y in range(460, 880, 58):
        s.fill(ellipse(392, y, 10, 12), "#101010", "")
    s.line("M575 850h96v70h-96Z", "#a3a5aa", 15)
    s.seam((350, 140), (362, 880))
    if v[0] < 0.5:
        s.seam((672, 140), (662, 840))


def ear_pads(s: Sketch) -> None:
    """A pair of cushions."""
    v = s.variant
    wide, high = 150 + 30 * v[0], 205 + 45 * v[1]
    for x, y in ((310, 470), (690, 540)):
        s.fill(ellipse(x, y, wide, high), s.body)
        s.fill(ellipse(x, y, wide * 0.52, high * 0.58), "#1a1a1c" if v[2] < 0.6 else s.accent, "")
        s.line(ellipse(x, y, wide * 0.78, high * 0.8), s.dark, 4, opacity=0.4, dash="12 8")
        s.fold(f"M{x - wide * 0.7} {y - 60}q40 10 50 50", 8)


def _lenses(s: Sketch, x: float, y: float) -> None:
    """A phone's camera island: two or three lenses and a flash."""
    v = s.variant
    s.fill(rectangle(x, y, 178, 188 if v[3] < 0.6 else 230, 46), "#000000" if v[9] < 0.5 else s.body)
    centres = [(54, 56), (54, 136), (126, 96)][: 2 + (v[4] < 0.6)]
    for dx, dy in centres:
        s.fill(ellipse(x + dx, y + dy, 35), "#8b8d92", "shade")
        s.fill(ellipse(x + dx, y + dy, 27), "#08090c", "glass")
        s.fill(ellipse(x + dx - 7, y + dy - 8, 6), "#6f7fa8", "")
    s.fill(ellipse(x + 136, y + 36, 12), "#f3ead0", "")


def _pattern(s: Sketch) -> None:
    v = s.variant
    for row in range(9):
        for column in range(4):
            x, y = 320 + 105 * column + 50 * (row % 2), 350 + 66 * row
            if x < 700:
                size = 8 + 18 * abs(math.sin(row * 3.1 + column * 1.7 + 9 * v[10]))
                s.fill(ellipse(x, y, size, size * (0.5 + v[11])), s.accent, "")


def _on_face(s: Sketch, dark: bool, x: float, y: float, width: float, height: float) -> None:
    """A mark in the dial's ink, whatever the strap's colour."""
    ink = "#ececea" if dark else "#1a1a1a"
    s.piece = replace(s.piece, article=replace(s.piece.article, ink=ink))
    s.mark(x, y, width, height)


SHAPES = {
    "watches": watch,
    "headphones": headphones,
    "phones": phone,
    "phone_cases": phone_case,
    "watch_straps": watch_strap,
    "ear_pads": ear_pads,
}
