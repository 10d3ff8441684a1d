"""Outlines of what is worn: sneakers, T-shirts, hoodies, caps, sunglasses."""

from training.data.market.shapes.sketch import Sketch, ellipse, rectangle


def sneaker(s: Sketch) -> None:
    """A low shoe from the side, toe to the right."""
    v = s.variant
    collar, toe, sole = 285 + 70 * v[0], 560 + 45 * v[1], 60 + 40 * v[2]
    s.fill(
        f"M118 {668 - sole * 0.3}C112 700 118 {700 + sole * 0.5} 150 {705 + sole * 0.6}L860 {705 + sole * 0.6}"
        f"C905 {700 + sole * 0.4} 915 670 895 645L500 620L130 640Z",
        "#f3f1ea" if v[3] < 0.7 else s.accent,
    )
    s.fill(f"M150 {700 + sole * 0.6}h715l-14 24h-688Z", "#3b352f" if v[4] < 0.6 else "#b98a56", "")
    upper = (
        f"M140 655C130 590 150 520 190 {collar + 110}C205 {collar + 50} 215 {collar + 10} 228 {collar}"
        f"C270 {collar - 25} 330 {collar - 18} 372 {collar + 22}C420 {collar + 90} 500 430 580 470"
        f"C680 510 800 {toe - 40} 862 {toe + 20}C896 {toe + 50} 905 630 896 655Z"
    )
    s.fill(upper, s.body)
    s.fill(
        f"M735 655C735 585 770 {toe - 25} 812 {toe - 12}C870 {toe + 15} 905 620 896 655Z",
        s.accent if v[5] < 0.5 else s.body,
    )
    s.fill("M140 655C132 600 148 540 176 480C235 500 275 560 280 655Z", s.accent if v[6] < 0.6 else s.body)
    s.fill(
        f"M228 {collar}C270 {collar - 25} 330 {collar - 18} 372 {collar + 22}"
        f"C330 {collar + 40} 270 {collar + 34} 228 {collar}"
        "Z",
        "#26262a",
        "",
    )
    s.fill(
        f"M372 {collar + 18}C440 {collar + 95} 520 440 590 472L548 512C470 480 400 440 345 {collar + 62}Z",
        s.accent if v[7] < 0.4 else s.body,
    )
    for index in range(5):
        x, y = 385 + 42 * index, collar + 75 + (432 - collar) * index / 5.6
        s.line(f"M{x} {y}l46 -30", "#f5f5f3" if v[8] < 0.6 else s.dark, 11)
    s.seam((285, 650), (330, 540), (400, 500), (520, 540))
    s.seam((735, 650), (745, 590), (790, 550))
    s.fold("M600 500C630 520 650 545 655 575", 8)
    s.mark(475 + 30 * v[9], 580, 285, 130, turn=-6 + 8 * v[10])


def tshirt(s: Sketch) -> None:
    """A T-shirt from the front."""
    v = s.variant
    wide, long, sleeve = 30 * v[0], 830 + 60 * v[1], 330 + 70 * v[2]
    s.fill(
        f"M355 150L215 195C165 215 140 250 120 {sleeve - 40}L95 {sleeve + 60}L{235 - wide} {sleeve + 100}"
        f"L{268 - wide} 350"
        f"L{262 - wide} {long}Q500 {long + 22} {738 + wide} {long}L{732 + wide} 350L{765 + wide} {sleeve + 100}"
        f"L905 {sleeve + 60}L880 {sleeve - 40}C860 250 835 215 785 195L645 150C600 205 400 205 355 150Z",
        s.body,
    )
    s.line("M355 150C400 212 600 212 645 150", s.accent if v[3] < 0.35 else s.body, 26)
    s.line("M355 150C400 212 600 212 645 150", "#000", 28, opacity=0.12)
    s.fold(f"M{268 - wide} 350C300 420 290 500 330 560")
    s.fold(f"M{732 + wide} 350C700 430 720 520 670 600")
    s.fold(f"M420 {long - 40}C440 {long - 130} 400 {long - 210} 450 {long - 290}")
    s.seam((270 - wide, long - 24), (500, long - 6), (730 + wide, long - 24))
    s.seam((118, sleeve + 45), (225 - wide, sleeve + 78))
    if v[4] < 0.45:
        s.mark(500, 375, 330, 205)
    else:
        s.mark(605, 325, 190, 130)


def hoodie(s: Sketch) -> None:
    """A hooded jumper from the front, with or without a zip."""
    v = s.variant
    long = 850 + 40 * v[0]
    s.fill(
        f"M330 215L205 275C150 320 130 480 105 {long - 90}L215 {long - 60}L275 500L268 {long}"
        f"H732L725 500L785 {long - 60}"
        f"L895 {long - 90}C870 480 850 320 795 275L670 215C600 260 400 260 330 215Z",
        s.body,
    )
    s.fill(
        "M330 220C320 130 400 90 500 90C600 90 680 130 670 220C640 310 560 345 500 350C440 345 360 310 330 220Z", s.body
    )
    s.fill(
        "M385 225C390 170 440 145 500 145C560 145 610 170 615 225C590 275 540 300 500 305C460 300 410 275 385 225Z",
        "#1c1c20" if v[1] < 0.5 else s.accent,
    )
    s.fill(f"M345 {long - 220}L400 {long - 310}H600L655 {long - 220}L640 {long - 60}H360Z", s.body)
    s.line(f"M345 {long - 220}L400 {long - 310}M600 {long - 310}L655 {long - 220}", "#000", 5, opacity=0.35)
    s.line(
        f"M460 300C455 360 465 400 458 {430 + 40 * v[2]}M540 300C545 360 535 400 542 {430 + 40 * v[3]}",
        "#f0efe9" if v[4] < 0.6 else s.accent,
        9,
    )
    if v[5] < 0.35:
        s.line(f"M500 310V{long}", "#3a3a3e", 9)
    for x, turn in ((268, 0), (732, 0)):
        s.fold(f"M{x} 500C{x + 20 - turn} 560 {x - 10} 620 {x + 12} 700")
    s.line(f"M268 {long - 22}H732", "#000", 34, opacity=0.16)
    s.seam((350, long - 75), (500, long - 70), (650, long - 75))
    if v[5] >= 0.35 and v[6] < 0.55:
        s.mark(500, 465, 320, 140)
    else:
        s.mark(622, 430, 175, 120)


def cap(s: Sketch) -> None:
    """A cap, its brim to the right."""
    v = s.variant
    top = 260 + 50 * v[0]
    s.fill(
        f"M190 600C180 {top + 100} 300 {top} 480 {top}C670 {top} 760 {top + 130} 765 600C600 570 350 570 190 600Z",
        s.body,
    )
    s.line(f"M478 {top}C455 {top + 110} 450 480 455 580", "#000", 4, opacity=0.3)
    s.line(f"M478 {top}C600 {top + 90} 660 470 672 582", "#000", 4, opacity=0.3)
    s.line(f"M478 {top}C350 {top + 90} 290 470 275 588", "#000", 4, opacity=0.3)
    s.fill(
        f"M455 585C600 570 800 590 {880 + 40 * v[1]} 660C{900 + 30 * v[1]} 700 {850 + 30 * v[1]} 715 780 700"
        "C680 670 540 650 400 655C300 660 230 640 190 600C280 575 370 575 455 585Z",
        s.accent if v[2] < 0.4 else s.body,
    )
    s.fill(ellipse(478, top + 4, 18, 10), s.accent if v[3] < 0.5 else s.body)
    s.seam((250, 625), (430, 632), (650, 640), (850, 690))
    s.seam((225, 585), (470, 562), (740, 580))
    s.mark(555, 455, 220, 155, turn=2)


def sunglasses(s: Sketch) -> None:
    """Sunglasses above their case, which bears the mark."""
    v = s.variant
    lens, high = 165 + 35 * v[0], 110 + 60 * v[1]
    frame = "#1d1d20" if v[2] < 0.45 else s.body
    tint = ("#22252b", "#4a3423", "#2c3d35", "#47507a")[int(v[3] * 4)]
    s.line("M155 450C120 330 170 300 300 290M845 450C880 330 830 300 700 290", frame, 20)
    for x in (310, 690):
        shape = (
            ellipse(x, 500, lens, high)
            if v[4] < 0.5
            else rectangle(x - lens, 500 - high, 2 * lens, 2 * high, 40 + 60 * v[5])
        )
        s.fill(shape, tint, "glass")
        s.line(shape, frame, 14 + 16 * v[6])
    s.line("M455 470C480 440 520 440 545 470", frame, 20)
    s.fill(rectangle(300, 710, 400, 150, 60), s.accent, "shade")
    s.mark(500, 785, 260, 105)


SHAPES = {"sneakers": sneaker, "tshirts": tshirt, "hoodies": hoodie, "caps": cap, "sunglasses": sunglasses}
