"""The learning rate in an iteration, by the formulas of the schedules, in plain Python.

Each takes the rate at the beginning, the iteration from 0, those of the whole training and of its
warm-up, those of an epoch, and the values of the line.
"""

import math
from collections.abc import Callable
from typing import Any

Schedule = Callable[..., float]


def cosine(
    r: float, t: int, total: int, warmup: int, steps: int, restarts: int = 0, times: float = 1
) -> float:
    if restarts:
        starts, length = [warmup], restarts
        while starts[-1] <= t:
            starts.append(starts[-1] + length)
            length = round(length * times)
        ahead = max(0, t - starts[-2])
        return r * math.cos(math.pi / 2 * ahead / (starts[-1] - starts[-2])) ** 2
    return r * 0.5 * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))


def decay(
    r: float, t: int, total: int, warmup: int, steps: int, decay: float, power: float = 1
) -> float:
    return r / math.exp(power * math.log(1 + decay * t))


def exponential(
    r: float, t: int, total: int, warmup: int, steps: int, factor: float, period: int
) -> float:
    return r * math.exp(math.log(factor) * t / period)


def times(
    r: float, t: int, total: int, warmup: int, steps: int, factor: float, period: int
) -> float:
    for _ in range(period, t + 1, period):
        r *= factor
    return r


def linear(r: float, t: int, total: int, warmup: int, steps: int, end: float) -> float:
    left = (total - t) / (total - warmup)
    return r * left + end * (1 - left)


def polynomial(r: float, t: int, total: int, warmup: int, steps: int, power: float) -> float:
    return r * math.pow((total - t) / (total - warmup), power)


def onecycle(
    r: float, t: int, total: int, warmup: int, steps: int, start: float = 0.04, end: float = 4e-6
) -> float:
    peak = warmup or round(0.3 * total)
    if t < peak:
        return r * (start + (1 - start) * math.sin(math.pi / 2 * t / peak) ** 2)
    return r * (end + (1 - end) * math.cos(math.pi / 2 * (t - peak) / (total - peak)) ** 2)


def momentum(
    t: int, total: int, warmup: int, most: float, least: float, share: float = 0.3
) -> float:
    """Of a cycle, whose peak is at the end of the warm-up, or of its share of the training."""
    peak = warmup or round(share * total)
    part = t / peak if t < peak else (total - t) / (total - peak)
    return most - (most - least) * math.sin(math.pi / 2 * part) ** 2


def plateau(
    r: float, t: int, total: int, warmup: int, steps: int, times: float = 0.1, stalled: int = 0
) -> float:
    return r * math.exp(stalled * math.log(times))


# With uses that are tried: as a line writes them, and their values.
RATES: dict[str, tuple[Schedule, list[tuple[str, dict[str, Any]]]]] = {
    "cosine": (cosine, [
        ("cosine", {}), ("cosine restarts every 2 epochs", {"restarts": 14}),
        ("cosine restarts every 5 iterations times 2", {"restarts": 5, "times": 2}),
    ]),
    "onecycle": (onecycle, [
        ("onecycle", {}), ("onecycle start 0.1 end 0.01", {"start": 0.1, "end": 0.01}),
        ("onecycle momentum 0.95 to 0.85", {}),
    ]),
    "decay": (decay, [
        ("decay 0.02", {"decay": 0.02}), ("decay 0.1 power 0.75", {"decay": 0.1, "power": 0.75}),
    ]),
    "exponential": (exponential, [
        ("exponential 0.5 every 2 epochs", {"factor": 0.5, "period": 14}),
        ("exponential 0.9 every iteration", {"factor": 0.9, "period": 1}),
    ]),
    "linear": (linear, [
        ("linear to 0", {"end": 0.0}), ("linear to 0.5", {"end": 0.5}),
    ]),
    "plateau": (plateau, [("plateau loss", {}), ("plateau top1 times 0.5 after 2 epochs", {})]),
    "polynomial": (polynomial, [
        ("polynomial 2", {"power": 2.0}), ("polynomial 0.5", {"power": 0.5}),
    ]),
    "times": (times, [
        ("times 0.5 every 2 epochs", {"factor": 0.5, "period": 14}),
        ("times 0.9 every 5 iterations", {"factor": 0.9, "period": 5}),
    ]),
}  # fmt: skip
