"""What `lenet rate` prints: of a course of rates, and of a range test."""

from collections.abc import Sequence
from typing import Any

from lenet.dsl.errors import LenetError
from lenet.runtime.events import Warned
from lenet.runtime.rates.course import Course, Point
from lenet.runtime.training.range_test import RangeTest
from lenet.terminal.table import Row, table

_SHOWN = 12  # changes of a table; there may be thousands


def course_facts(course: Course, curve: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """What --json prints of a course, beside the names of files."""
    return {
        "iterations_per_epoch": course.steps,
        "iterations": course.total,
        "ends": course.ends,
        "points": [{"point": p.name, **_facts(p)} for p in course.points],
        "curve": [{"iteration": int(k) + 1, "rate": rate} for k, rate in curve],
    }


def _facts(point: Point) -> dict[str, Any]:
    return {"epoch": point.epoch, "iteration": point.iteration, "rate": point.rate}


def course_text(name: str, course: Course) -> str:
    """The table of the places worth knowing, below the length of the training; at most 80 columns
    wide, however long names are."""
    lines = [f"{name[:30]}: {_length(course)}"]
    if not course.ends:
        lines.append("only a metric ends the training: these are the first epochs, not all")
    if not course.complete:
        lines.append(f"{len(course.iterations):,} of the iterations were looked at")
    rows: list[Row] = [("", "epoch", "iteration", "rate")]
    for names, point in _together(course.points):
        row = (", ".join(names), f"{point.epoch:,}", f"{point.iteration:,}", f"{point.rate:.5g}")
        rows.append(row)
    rows, cut = _cut(rows)
    lines += table(rows)
    if cut:
        lines.append(f"{cut:,} more changes are not shown; --json has all")
    return "\n".join(lines) + "\n"


def _length(course: Course) -> str:
    whole, rest = divmod(course.total, course.steps)
    if whole and not rest:
        return f"{_counted(whole, 'epoch')} of {_counted(course.steps, 'iteration')}, " + (
            f"{course.total:,} in all" if whole > 1 else "the only one"
        )
    return f"{_counted(course.total, 'iteration')}; an epoch has {course.steps:,}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _together(points: tuple[Point, ...]) -> list[tuple[list[str], Point]]:
    """Those of one iteration with all their names."""
    found: dict[int, tuple[list[str], Point]] = {}
    for point in points:
        found.setdefault(point.iteration, ([], point))[0].append(point.name)
    return list(found.values())


def _cut(rows: list[Row]) -> tuple[list[Row], int]:
    """Without changes in the middle of very many, and how many they are."""
    changes = [row for row in rows if row[0] == "change"]
    dropped = {id(row) for row in changes[_SHOWN // 2 : len(changes) - _SHOWN // 2]}
    if len(changes) <= _SHOWN:
        return rows, 0
    return [row for row in rows if id(row) not in dropped], len(dropped)


def written(rate: float) -> str:
    """A suggested rate as a file has it: more than two digits would promise too much."""
    return f"{rate:.2g}"


def found_facts(test: RangeTest) -> dict[str, Any]:
    """What --json prints of a range test that has found a rate."""
    return {
        "rate": float(written(float(test.rates[test.steepest]))),
        "steepest": _place(test, test.steepest),
        "smallest_loss": _place(test, test.smallest),
        "stopped": _stopped(test),
        "curve": [_place(test, k) for k in range(test.done)],
    }


def _place(test: RangeTest, at: int) -> dict[str, Any]:
    return {
        "iteration": at + 1,
        "rate": float(test.rates[at]),
        "loss": float(test.losses[at]),
        "smoothed": float(test.smoothed[at]),
    }


def _stopped(test: RangeTest) -> str:
    if test.diverged:
        return "diverged"
    return "loss" if test.too_much else "end"


def found_text(test: RangeTest) -> str:
    """The test's table, and below it a line for the file."""
    places = {"first": 0, "steepest fall": test.steepest, "smallest loss": test.smallest}
    places["last"] = test.done - 1
    rows = [("", "rate", "iteration", "loss")] + [
        (name, f"{test.rates[k]:.2g}", f"{k + 1:,}", f"{test.smoothed[k]:.4g}")
        for name, k in places.items()
    ]
    ends = {
        "diverged": "stopped where the next loss was beyond all reason",
        "loss": "stopped where the loss was four times its smallest",
        "end": "done to the last rate",
    }
    rate, tenth = float(test.rates[test.steepest]), float(test.rates[test.smallest]) / 10
    why = ["The loss falls fastest at this rate."]
    if tenth < rate:
        why[0] += " If it makes a training unsteady, try a"
        why.append(f"tenth of that of the smallest loss, {written(tenth)}.")
    lines = [
        *table(rows),
        f"losses are running means; {ends[_stopped(test)]}",
        "",
        *why,
        f"rate {written(rate)}",
    ]
    return "\n".join(lines) + "\n"


def nothing_found(test: RangeTest) -> LenetError:
    """Where the loss has not fallen, or no more than by chance."""
    low, high = float(test.rates[0]), float(test.rates[min(test.done, len(test.rates) - 1)])
    title = f"the loss did not clearly fall at any rate from {low:.2g} to {high:.2g}"
    if _stopped(test) == "end":
        detail = "It changed less than from batch to batch."
        fix = "try larger rates, such as --to 100, or more of them, such as --iterations 500"
        return LenetError(title, detail, fix)
    if test.smallest_is_known:
        detail = "It stayed where it was until it was beyond all bounds."
        fix = "try more rates, such as --iterations 500; a net that is trained already finds none"
        return LenetError(title, detail, fix)
    detail = "It was beyond all bounds at once."
    fix = "begin with a smaller rate, such as --from 1e-10, or add `normalize` to the data section"
    return LenetError(title, detail, fix)


def still_falling(test: RangeTest) -> Warned:
    """Where no rate was large enough to make the loss grow."""
    high = float(test.rates[-1])
    return Warned(
        f"the loss still fell at the largest rate, {high:.2g}", f"try --to {100 * high:g}"
    )
