"""The section `train` of what [net] says."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.sections import decimal
from lenet.runtime.imports.unread import Unread

# What [net] says besides, of how its images are changed and its batches are cut.
_LEFT = """
    angle aspect center clip exposure hue inputs max_crop max_ratio min_crop min_ratio notruth
    random saturation subdivisions time_steps
"""
LEFT = tuple(_LEFT.split())


def training_of(net: Section) -> str:
    """As text: Darknet's defaults where it says nothing."""
    rate = decimal(net.number("learning_rate", 0.001))
    decay = decimal(net.number("decay", 0.0001))
    if net.whole("adam"):
        values = [("beta1", net.number("B1", 0.9)), ("beta2", net.number("B2", 0.999)),
                  ("epsilon", net.number("eps", 1e-7))]  # fmt: skip
        optimizer = "adam " + " ".join(f"{name} {decimal(value)}" for name, value in values)
    else:
        optimizer = f"sgd momentum {decimal(net.number('momentum', 0.9))}"
    lines = [
        f"optimizer {optimizer} weight_decay {decay}",
        f"rate {rate}{_change(net, float(rate))}",
        f"batch {max(1, net.whole('batch', 1))}",
    ]
    batches = net.whole("max_batches")
    if batches > 0:
        lines.append(f"stop after {batches} iterations")
    return "train\n" + "".join(f"  {line}\n" for line in lines)


def _change(net: Section, rate: float) -> str:
    """How the rate changes."""
    policy = net.text("policy", "constant")
    warmup = net.whole("burn_in")
    power = net.number("power", 4)
    changes = {
        "constant": lambda: "",
        "steps": lambda: _steps(net, rate),
        "step": lambda: (
            f" times {decimal(net.number('scale', 1))} every {net.whole('step', 1)} iterations"
        ),
        "exp": lambda: f" exponential {decimal(net.number('gamma', 1))} every 1 iteration",
        "poly": lambda: f" polynomial {decimal(power)}",
    }
    if policy not in changes:
        raise Unread(f"whose policy is {policy[:40]}")
    return changes[policy]() + (f" warmup {warmup} iterations" if warmup > 0 else "")


def _steps(net: Section, rate: float) -> str:
    """Other rates at some iterations."""
    places, factors = net.numbers("steps"), net.numbers("scales")
    if len(places) != len(factors) or not places:
        raise Unread("whose steps and scales are not as many")
    rates = []
    for factor in factors:
        rate *= factor
        rates.append(decimal(rate))
    return f" {' '.join(rates)} at {' '.join(str(int(place)) for place in places)} iterations"
