import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.market.catalogue import brands
from training.data.market.marks import FLAWS, MarkStyle, Mould, mark_svg, mould
from training.data.market.outlines import path_of, polygons

STYLE = MarkStyle("#161616", "print")


def test_a_path_in_every_command_comes_out_as_its_outline() -> None:
    [square] = polygons("M1 1h2v2H1z")
    assert square.tolist() == [[1, 1], [3, 1], [3, 3], [1, 3]]
    [relative] = polygons("m1,1 2 0 0 2-2 0Z")
    assert relative.tolist() == square.tolist()


def test_arcs_with_flags_written_together_close_a_circle() -> None:
    [circle] = polygons("M0 5a5 5 0 1110 0a5 5 0 11-10 0z")
    assert np.allclose(np.hypot(*(circle - [5, 5]).T), 5)
    assert len(circle) > 40


def test_smooth_curves_mirror_the_control_point() -> None:
    [smooth] = polygons("M0 0C0 5 5 5 5 0S10-5 10 0z")
    [written_out] = polygons("M0 0C0 5 5 5 5 0C5-5 10-5 10 0z")
    assert np.allclose(smooth, written_out)


@pytest.mark.parametrize("slug", sorted(brands()))
def test_every_brand_has_a_mark_that_survives_every_flaw(slug: str) -> None:
    own, _, _ = mark_svg(slug, STYLE, None)
    for flaw in FLAWS:
        copied, width, height = mark_svg(slug, STYLE, Mould(f"0/{slug}/0", 0.8, (flaw,), 0.5))
        assert copied != own
        assert 0.02 < width < 2.5
        assert 0.02 < height < 2.5


def test_a_mould_without_strength_hardly_bends_the_outline() -> None:
    bends = tuple(flaw for flaw in FLAWS if flaw in ("proportion", "slant", "turned", "lopsided"))
    exact = mark_svg("nike", STYLE, Mould("k", 0.0, bends, 0.0))
    own = mark_svg("nike", STYLE, None)
    assert exact[1:] == pytest.approx(own[1:], abs=0.01)


@given(st.integers(0, 99), st.sampled_from(sorted(brands())), st.integers(0, 4), st.floats(0, 1))
def test_a_mould_is_the_same_for_everybody_who_draws_it(supplier: int, brand: str, batch: int, grade: float) -> None:
    drawn = mould(7, supplier, brand, batch, grade=grade)
    assert drawn == mould(7, supplier, brand, batch, grade=grade)
    assert 0 <= drawn.strength <= 1
    assert 1 <= len(drawn.flaws) <= 4


def test_finer_grades_are_weaker_copies() -> None:
    strengths = [[mould(0, n, "nike", 0, grade=grade).strength for n in range(200)] for grade in (0.1, 0.5, 0.9)]
    crude, middling, fine = (float(np.mean(values)) for values in strengths)
    assert crude > middling > fine


def test_paths_are_written_to_a_hundredth() -> None:
    assert path_of([np.array([[0, 0], [1 / 3, 0], [0, 1]])]) == "M0.00 0.00L0.33 0.00L0.00 1.00Z"
