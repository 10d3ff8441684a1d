from training.stopwatch import Stopwatch, profile


def test_time_counts_for_the_stage_that_is_reported_next() -> None:
    moments = iter([0.0, 1.0, 4.0, 5.0, 5.5])
    seen: list[tuple[str, int, int]] = []
    watch = Stopwatch(lambda *step: seen.append(step), clock=lambda: next(moments))
    watch("look", 1, 2)
    watch("look", 2, 2)
    watch("train", 1, 1)
    watch("look", 1, 1)
    assert dict(watch.seconds) == {"look": 4.5, "train": 1.0}
    assert seen == [("look", 1, 2), ("look", 2, 2), ("train", 1, 1), ("look", 1, 1)]


def test_a_profile_names_every_stage_and_the_whole() -> None:
    assert profile({"look": 3.0, "train": 1.0}).splitlines() == [
        "look         3.0 s   75.0%",
        "train        1.0 s   25.0%",
        "in all       4.0 s  100.0%",
    ]
