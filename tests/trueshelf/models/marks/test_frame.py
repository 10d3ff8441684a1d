"""Turned squares in a picture."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from trueshelf.models.marks.frame import Frame
from trueshelf.models.marks.geometry import CANVAS

frames = st.builds(Frame, st.floats(-50, 350), st.floats(-50, 350), st.floats(4, 200), st.floats(-math.pi, math.pi))


@given(frames, st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
def test_a_shifted_frame_is_centred_on_the_point(
    frame: Frame, across: float, down: float, growth: float, turn: float
) -> None:
    shifted = frame.shifted(across, down, growth, turn)
    assert (shifted.x, shifted.y) == frame.point(across, down)
    assert shifted.reach == pytest.approx(frame.reach * math.exp(growth))
    assert shifted.point(0, 0) == pytest.approx((shifted.x, shifted.y))


@given(frames)
def test_boxes_lie_within_the_picture(frame: Frame) -> None:
    box = frame.box((-0.7, -0.4, 0.7, 0.4), 300, 200)
    assert 0 <= box.x <= box.x + box.width <= 1 + 1e-9
    assert 0 <= box.y <= box.y + box.height <= 1 + 1e-9


@pytest.mark.parametrize("reach", [40.0, 60.0, 150.0])
@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2])
def test_a_crop_shows_what_lies_in_the_frame_upright(reach: float, angle: float) -> None:
    frame = Frame(210, 190, reach, angle)
    image = Image.new("RGB", (400, 400))
    spot = frame.point(0.5, -0.5)
    size = reach / 8
    ImageDraw.Draw(image).ellipse((spot[0] - size, spot[1] - size, spot[0] + size, spot[1] + size), fill="white")
    crop_3SS = frame.crop([image, image.reduce(2), image.reduce(4)], CANVAS)
    rows, columns = np.nonzero(crop_3SS[0] > 0.7)
    assert columns.mean() == pytest.approx(0.75 * CANVAS - 0.5, abs=1)
    assert rows.mean() == pytest.approx(0.25 * CANVAS - 0.5, abs=1)
