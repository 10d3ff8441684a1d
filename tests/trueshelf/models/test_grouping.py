from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.models.grouping import REST, Path, group_of, groups_of, name_of, path_of

TREE = [(), ("bags",), ("shoes",), ("shoes", "boots"), ("shoes", "boots", "red"), ("shoes", "heels"), ("hats",)]


def sizes(groups: dict[Path, list[int]]) -> dict[str, int]:
    return {name_of(path): len(rows) for path, rows in groups.items()}


def grouped(categories: Sequence[str | None], *, least: int, most: int = 100) -> dict[str, int]:
    return sizes(groups_of([path_of(each) for each in categories], range(len(categories)), least=least, most=most))


@pytest.mark.parametrize(
    ("category", "path"),
    [
        ("Fashion > Shoes", ("fashion", "shoes")),
        ("fashion/shoes/", ("fashion", "shoes")),
        ("ＦＡＳＨＩＯＮ ＞ Shoes", ("fashion", "shoes")),
        ("  phone   cases ", ("phone cases",)),
        ("", ()),
        (None, ()),
        (" > ", ()),
    ],
)
def test_a_category_is_read_as_a_path_in_one_spelling(category: str | None, path: Path) -> None:
    assert path_of(category) == path


@given(st.text())
def test_a_groups_name_is_read_as_its_path_again(category: str) -> None:
    assert path_of(name_of(path_of(category))) == path_of(category)


def test_large_categories_stand_alone_and_small_ones_go_together() -> None:
    categories = ["bags"] * 30 + ["hats"] * 20 + ["belts"] * 6 + ["rings"] * 5
    assert grouped(categories, least=10) == {"": 11, "bags": 30, "hats": 20}


def test_a_small_category_joins_its_parent_before_all_others() -> None:
    categories = ["shoes > boots"] * 30 + ["shoes > heels"] * 6 + ["shoes"] * 5 + ["rings"] * 12
    assert grouped(categories, least=10) == {"shoes > boots": 30, "shoes": 11, "rings": 12}


def test_a_rest_that_is_too_small_takes_the_smallest_category_in() -> None:
    categories = ["bags"] * 30 + ["hats"] * 20 + ["belts"] * 6
    assert grouped(categories, least=10) == {"": 26, "bags": 30}


def test_one_group_is_about_everything() -> None:
    assert grouped(["bags"] * 30, least=10) == {"": 30}
    assert grouped(["bags"] * 6 + ["hats"] * 5, least=20) == {"": 11}
    assert grouped([], least=20) == {"": 0}


def test_no_more_groups_than_were_asked_for() -> None:
    categories = ["bags"] * 30 + ["hats"] * 20 + ["belts"] * 16
    assert grouped(categories, least=10, most=2) == {"": 36, "bags": 30}
    assert grouped(categories, least=10) == {"bags": 30, "hats": 20, "belts": 16}


def test_sellers_count_not_listings() -> None:
    paths = [path_of(each) for each in ["bags"] * 30 + ["hats"] * 12]
    sellers = [row % 5 for row in range(30)] + list(range(100, 112))
    assert sizes(groups_of(paths, sellers, least=10, most=9)) == {"": 42}


@given(
    st.lists(st.tuples(st.sampled_from(TREE), st.integers(0, 40)), max_size=120), st.integers(1, 15), st.integers(1, 5)
)
def test_every_listing_is_in_the_group_by_which_it_will_be_judged(
    drawn: list[tuple[Path, int]], least: int, most: int
) -> None:
    paths, sellers = [path for path, _ in drawn], [seller for _, seller in drawn]
    groups = groups_of(paths, sellers, least=least, most=most)
    assert sorted(row for rows in groups.values() for row in rows) == list(range(len(drawn)))
    assert len(groups) <= most
    names = {name_of(path) for path in groups if path != REST}
    for path, rows in groups.items():
        assert all((group_of(name_of(paths[row]), names) or "") == name_of(path) for row in rows)
        assert path == REST or len({sellers[row] for row in rows}) >= least
    if len(groups) > 1:
        assert all(len({sellers[row] for row in rows}) >= least for rows in groups.values())
