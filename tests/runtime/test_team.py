"""Threads that do the same work at once."""

import gc
import threading
import time

import pytest

from lenet.runtime.machine.thread_pool import Team

awake = pytest.mark.parametrize("awake", [False, True], ids=["asleep", "awake"])


@awake
def test_results_in_order_from_threads_of_their_own(awake: bool) -> None:
    team, seen = Team(3, awake), set()

    def work(number: int) -> int:
        seen.add(threading.get_ident())
        time.sleep(0.01 * (3 - number))
        return number

    assert team.run(3, work) == [0, 1, 2] and len(seen) == 3
    assert team.run(2, work) == [0, 1] and team.run(1, work) == [0]


@awake
def test_one_work_right_behind_another(awake: bool) -> None:
    """And some with fewer threads, and some after a while."""
    team, sums = Team(3, awake), [0] * 3

    def work(number: int) -> int:
        sums[number] += 1
        return number

    for turn in range(2000):
        count = turn % 3 + 1
        assert team.run(count, work) == list(range(count))
        if turn % 500 == 0:
            time.sleep(0.001)
    assert sums == [2000, 1333, 666]


@awake
@pytest.mark.parametrize("failing", [0, 1, 2])
def test_an_exception_is_raised_when_all_have_ended(failing: int, awake: bool) -> None:
    team, ended = Team(3, awake), []

    def work(number: int) -> None:
        if number == failing:
            raise ValueError(number)
        time.sleep(0.05)
        ended.append(number)

    with pytest.raises(ValueError, match=str(failing)):
        team.run(3, work)
    assert len(ended) == 2
    assert team.run(3, lambda number: number) == [0, 1, 2]


@awake
def test_who_waits_for_an_interrupted_thread_is_released(awake: bool) -> None:
    team, together = Team(3, awake), threading.Event()

    def work(number: int) -> bool:
        if number == 0:
            raise KeyboardInterrupt
        return together.wait(20)

    with pytest.raises(KeyboardInterrupt):
        team.run(3, work, together.set)
    assert team.run(3, lambda number: number) == [0, 1, 2]


@awake
def test_the_threads_end_with_the_team(awake: bool) -> None:
    team = Team(3, awake)
    _, *others = team.run(3, lambda _: threading.current_thread())
    del team
    gc.collect()
    for thread in others:
        thread.join(5)
        assert not thread.is_alive()
