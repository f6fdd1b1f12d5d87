"""Optimizers, losses and schedules beside PyTorch's, with the largest relative differences.

    python bench/parity.py

An optimizer takes fifty steps on the same gradients: ours in float32, PyTorch's in float64. A loss
and its gradients are of the same net; a schedule is compared in each of 200 iterations. Where
PyTorch has none of that name, or means something else by it, the row says so.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import lr_scheduler

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "support"))

from lenet.compiler.optimizers.exact import FRACTION_BITS  # noqa: E402
from lenet.dsl.check import check_graph  # noqa: E402
from lenet.dsl.losses import LOSSES  # noqa: E402
from lenet.dsl.optimizers import OPTIMIZERS  # noqa: E402
from lenet.dsl.rates import RATES  # noqa: E402
from lenet.runtime.rates import momentum_at, rate_at  # noqa: E402
from lenet.runtime.training.updater import Updater, parts_of  # noqa: E402
from nets import make_case, spec_of  # noqa: E402

Row = tuple[str, str, str, str]
_STEPS, _SIZE, _RATE = 50, 1000, 0.01
# Ours as a line writes them, and PyTorch's class with its arguments.
THEIRS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "adam": ("Adam", {"weight_decay": 0.01}),
    "adamw": ("AdamW", {"weight_decay": 0.05}),
    "nadam": ("NAdam", {"weight_decay": 0.01}),
    "radam": ("RAdam", {"weight_decay": 0.01}),
    "adamax": ("Adamax", {"weight_decay": 0.01}),
    "adagrad": ("Adagrad", {"weight_decay": 0.01}),
    "adadelta": ("Adadelta", {"weight_decay": 0.01}),
    "rmsprop": ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.01}),
}  # fmt: skip
_TOTAL = 200
_VALLEY = 10  # steps, behind which both are where they go to
SCHEDULES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "cosine": ("rate 0.1 cosine", lambda o: lr_scheduler.CosineAnnealingLR(o, _TOTAL)),
    "cosine restarts": (
        "rate 0.1 cosine restarts every 20 iterations times 2",
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 20, 2),
    ),
    "times": ("rate 0.1 times 0.5 every 30 iterations",
              lambda o: lr_scheduler.StepLR(o, 30, 0.5)),
    "exponential": ("rate 0.1 exponential 0.97 every iteration",
                    lambda o: lr_scheduler.ExponentialLR(o, 0.97)),
    "linear": ("rate 0.1 linear to 0", lambda o: lr_scheduler.LinearLR(o, 1.0, 0.0, _TOTAL)),
    "polynomial": ("rate 0.1 polynomial 2",
                   lambda o: lr_scheduler.PolynomialLR(o, _TOTAL, 2.0)),
    "onecycle": ("rate 0.1 onecycle momentum 0.95 to 0.85",
                 lambda o: lr_scheduler.OneCycleLR(o, 0.1, _TOTAL)),
}  # fmt: skip


def optimizers() -> Iterator[Row]:
    """Each of ours, and what PyTorch calls it."""
    for name in OPTIMIZERS:
        if name not in THEIRS and not OPTIMIZERS[name].whole:
            yield "optimizer", name, "none", ""
            continue
        if OPTIMIZERS[name].whole:
            yield "optimizer", name, "LBFGS, max_iter=1", f"{_of_lbfgs(name):.1e}"
            continue
        theirs, options = THEIRS[name]
        yield "optimizer", name, theirs, f"{_of_optimizer(name, theirs, options):.1e}"


def _of_optimizer(name: str, theirs: str, options: dict[str, Any]) -> float:
    rng = np.random.default_rng(1)
    updater = Updater(OPTIMIZERS[name].use(decay="all", **options), _SIZE)
    weights = rng.standard_normal(_SIZE).astype(np.float32)
    parameter = torch.tensor(weights, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, theirs)([parameter], lr=_RATE, **options)
    for number in range(1, _STEPS + 1):
        total = rng.integers(-(2**41), 2**41, _SIZE)
        updater.steps = number
        parameter.grad = torch.tensor(total * 2.0**-FRACTION_BITS)
        optimizer.step()
        if updater(weights, parts_of(total), 1.0, 0, _SIZE, _RATE):
            return float("nan")
    return _difference(weights, parameter.detach().numpy())


def _of_lbfgs(name: str) -> float:
    """In a valley, whose slopes each takes where it is: of random ones there is no curvature."""
    rng, steepness, rate = np.random.default_rng(1), np.linspace(0.3, 4, _SIZE), 0.5
    updater = Updater(OPTIMIZERS[name].use(), _SIZE)
    weights = rng.standard_normal(_SIZE).astype(np.float32)
    parameter = torch.tensor(weights, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([parameter], lr=rate, max_iter=1, history_size=10)

    def slope(w: Any) -> Any:
        return steepness * w + w**3 / 2

    def closure() -> float:
        parameter.grad = torch.tensor(slope(parameter.detach().numpy()))
        return 0.0

    for number in range(1, _VALLEY + 1):
        updater.steps = number
        total = np.rint(slope(weights.astype(np.float64)) * 2.0**FRACTION_BITS).astype(np.int64)
        updater.look(weights, parts_of(total), 1.0, rate, lambda n, f: [f(k) for k in range(n)])
        if updater(weights, parts_of(total), 1.0, 0, _SIZE, rate):
            return float("nan")
        optimizer.step(closure)
    return _difference(weights, parameter.detach().numpy())


def losses() -> Iterator[Row]:
    """Of a small net's outputs, and the gradients of its last layer."""
    functions: dict[str, tuple[str, str, Callable[..., Any]]] = {
        "crossentropy": ("crossentropy", "", nn.functional.cross_entropy),
        "crossentropy smooth 0.1": (
            "crossentropy", "",
            lambda x, y: nn.functional.cross_entropy(x, y, label_smoothing=0.1),
        ),
        "nll": ("nll", "; logsoftmax",
                lambda x, y: nn.functional.nll_loss(nn.functional.log_softmax(x, 1), y)),
        "hinge": ("hinge", "", nn.functional.multi_margin_loss),
        "mse": ("mse", "", nn.functional.mse_loss),
        "mae": ("mae", "", nn.functional.l1_loss),
        "huber delta 0.5": (
            "huber", "", lambda x, y: nn.functional.huber_loss(x, y, delta=0.5)
        ),
        "poisson": ("poisson", "", nn.functional.poisson_nll_loss),
        "kl": ("kl", "; logsoftmax", lambda x, y: nn.functional.kl_div(
            nn.functional.log_softmax(x, 1), y, reduction="batchmean")),
        "cosine": ("cosine", "", lambda x, y: nn.functional.cosine_embedding_loss(
            x, y, torch.ones(len(x), dtype=torch.float64))),
        "bce": ("bce", "", nn.functional.binary_cross_entropy_with_logits),
    }  # fmt: skip
    told = {name.split()[0] for name in functions}
    for name in [*functions, *(name for name in LOSSES if name not in told)]:
        if name not in functions:
            yield "loss", name, "none", ""
            continue
        _, end, function = functions[name]
        case = make_case(spec_of(f"input 7; linear 5{end}; train; .loss {name}; .rate 0.1"))
        weight = torch.tensor(case.reference.parameters["linear1"]["weight"], requires_grad=True)
        bias = torch.tensor(case.reference.parameters["linear1"]["bias"])
        scores = torch.tensor(case.values()) @ weight.T + bias
        labels = torch.tensor(case.labels)
        of_classes = case.graph.answers == "class"
        loss = function(scores, labels.long() if of_classes else labels.double())
        loss.backward()
        ours, gradients, _ = case.kernels()
        assert weight.grad is not None
        found = max(abs(ours - loss.item()) / abs(loss.item()),
                    _difference(gradients["linear1.weight"], weight.grad.numpy()))  # fmt: skip
        yield "loss", name, _name_of(function), f"{found:.1e}"


def _name_of(function: Any) -> str:
    known = getattr(function, "__name__", "")
    return "as written" if known in ("", "<lambda>") else known


def schedules() -> Iterator[Row]:
    """In each iteration, with PyTorch's told once for each."""
    for name in [*SCHEDULES, *(name for name in RATES if name not in SCHEDULES)]:
        if name not in SCHEDULES:
            yield "rate", name, "none", ""
            continue
        line, make = SCHEDULES[name]
        text = f"input 8\nlinear 3\nlogsoftmax\ntrain\n  {line}\n  stop after {_TOTAL} iterations\n"
        train = check_graph(text, "x").train
        assert train is not None and train.rate is not None
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule = make(optimizer)
        theirs, ours, momenta = [], [], []
        for k in range(_TOTAL):
            theirs.append(optimizer.param_groups[0]["lr"])
            ours.append(rate_at(train.rate, k, 1, _TOTAL))
            momentum = momentum_at(train.rate, k, 1, _TOTAL)
            momenta.append((momentum or 0.0) - optimizer.param_groups[0]["momentum"])
            optimizer.step()
            if k < _TOTAL - 1:
                schedule.step()
        found = _difference(np.array(ours), np.array(theirs))
        yield "rate", name, type(schedule).__name__, f"{found:.1e}"
        if train.rate.momentum:
            apart = float(np.abs(momenta).max())
            yield "momentum", name, type(schedule).__name__, f"{apart:.1e}"


def _difference(ours: Any, theirs: Any) -> float:
    """The largest one, as a part of the largest value."""
    return float(np.abs(ours.astype(np.float64) - theirs).max() / np.abs(theirs).max())


def main() -> None:
    """All rows."""
    print(f"PyTorch {torch.__version__}")
    rows = [("", "ours", "PyTorch's", "difference"), *optimizers(), *losses(), *schedules()]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    for row in rows:
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )


if __name__ == "__main__":
    main()
