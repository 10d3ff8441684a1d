"""Outlines of what is carried, collected or sprayed: handbags, backpacks, perfume, model cars."""

from training.data.market.shapes.sketch import Sketch, ellipse, rectangle


def handbag(s: Sketch) -> None:
    """A handbag with one handle, with or without a flap."""
    v = s.variant
    top, flare, bottom = 400 + 50 * v[0], 40 * v[1], 830 - 60 * v[2]
    s.line(
        f"M340 {top + 20}C340 {top - 230 - 60 * v[3]} 660 {top - 230 - 60 * v[3]} 660 {top + 20}",
        s.accent if v[4] < 0.4 else s.body,
        30,
    )
    s.line(
        f"M340 {top + 20}C340 {top - 230 - 60 * v[3]} 660 {top - 230 - 60 * v[3]} 660 {top + 20}",
        "#000",
        6,
        opacity=0.3,
    )
    s.fill(
        f"M{220 + flare} {top}H{780 - flare}L{820 + flare} {bottom}Q500 {bottom + 26} {180 - flare} {bottom}Z",
        s.body,
    )
    if v[5] < 0.5:
        s.fill(
            f"M{220 + flare} {top}H{780 - flare}L{770 - flare} {top + 170}Q500 {top + 235} {230 + flare} {top + 170}Z",
            s.accent if v[6] < 0.3 else s.body,
        )
        s.fill(rectangle(465, top + 185, 70, 48, 10), "#cdb377", "shade")
        mark_y = top + 105
    else:
        s.fill(rectangle(470, top - 14, 60, 60, 14), "#cdb377", "shade")
        mark_y = (top + bottom) / 2 + 10
    for x in (336, 664):
        s.fill(ellipse(x, top + 26, 20), "#cdb377", "shade")
    s.seam((205 - flare, bottom - 24), (500, bottom - 2), (795 + flare, bottom - 24))
    s.seam((245 + flare, top + 22), (755 - flare, top + 22))
    s.mark(500, mark_y, 290, 140)


def backpack(s: Sketch) -> None:
    """A backpack from the front."""
    v = s.variant
    top, wide = 190 + 40 * v[0], 20 * v[1]
    s.line(f"M430 {top + 10}C430 {top - 90} 570 {top - 90} 570 {top + 10}", "#2a2a2d", 24)
    s.fill(
        f"M{265 - wide} 830C235 600 235 {top + 120} 330 {top + 30}C420 {top - 25} 580 {top - 25} 670 {top + 30}"
        f"C765 {top + 120} 765 600 {735 + wide} 830Q500 872 {265 - wide} 830Z",
        s.body,
    )
    s.line(f"M300 {top + 150}C400 {top + 60} 600 {top + 60} 700 {top + 150}", "#1a1a1c", 9, opacity=0.8)
    s.fill(
        f"M300 {600 + 40 * v[2]}Q500 {570 + 40 * v[2]} 700 {600 + 40 * v[2]}L712 800Q500 836 288 800Z",
        s.accent if v[3] < 0.45 else s.body,
    )
    s.line(f"M300 {610 + 40 * v[2]}Q500 {580 + 40 * v[2]} 700 {610 + 40 * v[2]}", "#1a1a1c", 8, opacity=0.8)
    if v[4] < 0.5:
        s.fill(rectangle(238, 640, 50, 170, 20), s.accent)
        s.fill(rectangle(712, 640, 50, 170, 20), s.accent)
    s.line(f"M690 {618 + 40 * v[2]}l14 60", "#d8d2c0", 8)
    s.seam((312, 790), (500, 812), (688, 790))
    s.seam((285, 560), (285, top + 200), (345, top + 90))
    if v[5] < 0.5:
        s.mark(500, top + 255, 290, 165)
    else:
        s.mark(500, 715, 250, 120)


def perfume(s: Sketch) -> None:
    """A bottle with a label."""
    v = s.variant
    wide, top = 170 + 70 * v[0], 370 + 60 * v[1]
    liquid = ("#e8c98a", "#d9a7b5", "#9fb8d6", "#b5c9a2", "#c9a26b", "#3c3a44")[int(v[2] * 6)]
    cap_wide = 70 + 50 * v[3]
    s.fill(
        rectangle(500 - cap_wide, top - 170, 2 * cap_wide, 130, 14 + 30 * v[4]),
        "#24242a" if v[5] < 0.5 else "#c8ae74",
        "round",
    )
    s.fill(rectangle(455, top - 46, 90, 50), "#bdb6a4", "round")
    radius = 20 + 110 * v[6]
    s.fill(rectangle(500 - wide, top, 2 * wide, 860 - top, radius), "#eceae6")
    s.fill(rectangle(500 - wide + 22, top + 40, 2 * wide - 44, 800 - top, max(radius - 18, 8)), liquid, "round")
    s.fill(rectangle(500 - wide * 0.62, 545, wide * 1.24, 190, 8), "#f6f3ec" if v[7] < 0.6 else s.body, "")
    s.gloss(rectangle(500 - wide, top, 2 * wide, 860 - top, radius), "glass")
    s.line(f"M{500 - wide * 0.4} 705H{500 + wide * 0.4}", "#555", 5, opacity=0.6)
    s.mark(500, 622, wide * 1.05, 110)


def model_car(s: Sketch) -> None:
    """A model car on its stand, which bears the mark."""
    v = s.variant
    roof, nose = 400 + 50 * v[0], 560 + 25 * v[1]
    s.fill(rectangle(90, 735, 820, 62, 12), "#2a211b", "shade")
    s.fill(
        f"M120 {nose + 60}C125 {nose - 10} 220 {nose - 25} 300 {nose - 35}C370 {roof + 30} 430 {roof} 540 {roof}"
        f"C660 {roof} 720 {nose - 60} 770 {nose - 30}"
        f"C850 {nose - 20} 885 {nose + 10} 882 {nose + 90}C880 690 120 690 120 {nose + 60}Z",
        s.body,
    )
    s.fill(
        f"M345 {nose - 38}C400 {roof + 45} 440 {roof + 25} 525 {roof + 24}V{nose - 40}Z",
        "#20262e",
        "glass",
    )
    s.fill(
        f"M545 {roof + 24}C630 {roof + 24} 680 {nose - 80} 715 {nose - 38}L545 {nose - 40}Z",
        "#20262e",
        "glass",
    )
    for x in (268, 735):
        s.fill(ellipse(x, 665, 78), "#17171a", "")
        s.fill(ellipse(x, 665, 46), "#c2c4c8")
        for angle in range(5):
            s.parts.append(
                f'<path d="M{x} 665v-42" stroke="#55585e" stroke-width="9" transform="rotate({72 * angle} {x} 665)"/>'
            )
    s.line(f"M535 {nose - 30}V640M330 {nose - 20}C340 600 345 620 350 640", "#000", 4, opacity=0.4)
    s.fill(ellipse(140, nose + 45, 22, 14), "#f2eecb", "")
    s.fill(rectangle(360, 738, 280, 56, 4), "#ece8de", "")
    s.mark(500, 766, 230, 52)


SHAPES = {"handbags": handbag, "backpacks": backpack, "perfume": perfume, "model_cars": model_car}
