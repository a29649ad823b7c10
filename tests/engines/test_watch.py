"""Who has work of ours may take long over it, but not be silent for long."""

from __future__ import annotations

from standalone_node.engines.watch import Watch


class Scheduler:
    """Of which we say what it would answer, and what time it is."""

    def __init__(self, tasks: dict[str, list[object]]) -> None:
        self.now, self.tasks, self.asked = 0.0, tasks, 0
        self.seen = dict.fromkeys(tasks, 0.0)

    def ask(self) -> tuple[dict[str, list[object]], dict[str, float]]:
        self.asked += 1
        return self.tasks, dict(self.seen)

    def watch(self, timeout: float) -> Watch:
        return Watch(self.ask, lambda key: "ours" in str(key), timeout, lambda: self.now)


def lives(scheduler: Scheduler, watch: Watch, seconds: int, *alive: str) -> list[list[str]]:
    """What is said in each of some seconds, in which some workers tell that they live."""
    said = []
    for _ in range(seconds):
        scheduler.now += 1.0
        scheduler.seen |= dict.fromkeys(alive, 1e6 + scheduler.now)
        said.append(watch.silent())
    return said


def test_a_worker_that_lives_may_take_as_long_as_it_needs() -> None:
    scheduler = Scheduler({"a": ["ours-1"], "b": []})
    assert lives(scheduler, scheduler.watch(20.0), 500, "a") == [[]] * 500


def test_one_that_is_silent_is_named_when_the_time_is_over() -> None:
    scheduler = Scheduler({"a": ["ours-1"], "b": [("theirs", 1), "ours-2"], "c": ["theirs"]})
    said = lives(scheduler, scheduler.watch(20.0), 30, "a")
    assert said[:20] == [[]] * 20, "not before"
    assert ["b"] in said[20:], "c has nothing of ours"


def test_silence_is_counted_from_the_last_sign_of_life() -> None:
    scheduler = Scheduler({"a": ["ours"]})
    watch = scheduler.watch(20.0)
    assert lives(scheduler, watch, 100, "a") == [[]] * 100
    assert lives(scheduler, watch, 15) == [[]] * 15
    assert lives(scheduler, watch, 100, "a") == [[]] * 100


def test_a_worker_that_tells_of_itself_every_few_seconds_is_not_silent_between() -> None:
    scheduler = Scheduler({"a": ["ours"]})
    watch = scheduler.watch(0.5)
    for _ in range(5):
        assert lives(scheduler, watch, 7) == [[]] * 7
        lives(scheduler, watch, 1, "a")


def test_the_scheduler_is_asked_a_few_times_within_the_time() -> None:
    scheduler = Scheduler({"a": ["ours"]})
    watch = scheduler.watch(600.0)
    assert watch.workers is None
    lives(scheduler, watch, 1200, "a")
    assert scheduler.asked == 8 and watch.workers == 1
