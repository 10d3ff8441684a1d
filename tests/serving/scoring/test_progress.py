import io

from rich.console import Console

from serving.scoring.progress import Lines, shown


def test_a_log_gets_a_line_now_and_then_with_rate_and_time_left() -> None:
    lines: list[str] = []
    times = iter([0.0, 0.0, 10.0, 40.0, 50.0, 100.0])
    tell = Lines(lines.append, clock=lambda: next(times))

    for done in (1_000, 1_100, 5_000, 6_000, 11_000):  # the first were done by a run that was broken off
        tell(done, 11_000)

    assert lines == ["scored 5,000 of 11,000, 100.0 rows/s, 0:01:00 left", "scored 11,000 of 11,000, 100.0 rows/s"]


def test_nothing_is_said_of_a_rate_that_nobody_knows() -> None:
    lines: list[str] = []

    Lines(lines.append)(0, 0)

    assert lines == ["scored 0 of 0"]


def test_who_watches_sees_a_bar_with_rate() -> None:
    screen = io.StringIO()

    with shown(Console(file=screen, force_terminal=True, width=120)) as tell:
        tell(100, 300)
        tell(200, 300)
        tell(300, 300)

    assert "300/300" in screen.getvalue()
    assert "rows/s" in screen.getvalue()
