"""What `lenet rate --batch` prints."""

from typing import Any

from lenet.runtime.training.batch_size import Advice, Noise
from lenet.shapes import readable_bytes
from lenet.terminal.table import Row, table


def batch_facts(advice: Advice) -> dict[str, Any]:
    """What --json prints."""
    return {
        "batch": advice.batch,
        "noise_scales": [{"iterations": n.iterations, "scale": n.scale} for n in advice.noises],
        "sizes": [
            {
                "batch": size.batch, "images_per_second": size.images_per_second,
                "memory_bytes": size.memory, "steps": size.steps, "seconds": size.seconds,
            }
            for size in advice.sizes
        ],
    }  # fmt: skip


def batch_text(advice: Advice) -> str:
    """The table of the sizes, and below it a line for the file."""
    rows: list[Row] = [("batch", "images/s", "memory", "steps", "time")]
    for size in advice.sizes:
        known = size.steps is not None and size.seconds is not None
        rows.append(
            (
                f"{size.batch:,}",
                f"{size.images_per_second:,.0f}",
                readable_bytes(size.memory),
                f"{size.steps:,.1f}" if known else "",
                f"{size.seconds:.2f}" if known else "",
            )
        )
    noises = ", ".join(
        f"{_scale(noise)} after {noise.iterations:,}" if noise.iterations else _scale(noise)
        for noise in advice.noises
    )
    lines = [
        *table(rows, left=0),
        "steps and time to the same loss, where the fewest and the shortest are 1",
        f"noise scale {noises} iterations",
        "",
    ]
    if advice.batch is None:
        lines.append("The gradient is all noise: any batch that is fast will do, if any does.")
    else:
        lines += [
            "This one takes the shortest time, or hardly more. Another batch wants another",
            "rate: find it with --find.",
            f"batch {advice.batch}",
        ]
    return "\n".join(lines) + "\n"


def _scale(noise: Noise) -> str:
    return f"{noise.scale:,.0f}" if noise.scale is not None else f"above {noise.most:,}"
