"""What became of a net that was made smaller, as people read it, in at most 80 columns."""

from collections.abc import Iterator

from lenet.dsl.messages.clean import clean
from lenet.dsl.metrics import metric_called
from lenet.runtime.compressing.measured import Measured, errors_of, shown_metrics
from lenet.runtime.models.model import Model
from lenet.terminal.columns import elided
from lenet.terminal.table import table

_CLASSES = 5  # that are named
_NAME = 24


def compared_lines(model: Model, before: Measured, after: Measured) -> Iterator[str]:
    """Both side by side, and the classes of which more images are wrong."""
    rows = [
        ("", "before", "after", ""),
        _row("parameters", before.parameters, after.parameters),
        *(
            [_row("  not 0", before.nonzero, after.nonzero)]
            if after.nonzero < after.parameters
            else []
        ),
        _row("bytes of the file", before.bytes, after.bytes),
        _row("multiply-adds", before.macs, after.macs),
        _row("images a second", before.images_per_second, after.images_per_second),
        _row("one image, µs", before.microseconds, after.microseconds),
    ]
    old, new = before.metrics, after.metrics
    if old is not None and new is not None:
        for name in shown_metrics(model, new):
            metric = metric_called(name)
            rows.append((name, metric.shown(old[name]), metric.shown(new[name]), ""))
    yield from table(rows)
    if old is None or new is None:
        return
    worse = [row for row in errors_of(old, new) if row["wrong_after"] > row["wrong_before"]]
    if worse:
        yield "classes of which more is wrong"
        yield from (
            f"  {line}"
            for line in table(
                [
                    (
                        elided(clean(str(row["label"])), _NAME),
                        f"{row['wrong_before']:,}",
                        "to",
                        f"{row['wrong_after']:,}",
                        f"of {row['count']:,}",
                    )
                    for row in worse[:_CLASSES]
                ]
            )
        )
        if len(worse) > _CLASSES:
            yield f"  and {len(worse) - _CLASSES} more"


def _row(name: str, before: float, after: float) -> tuple[str, str, str, str]:
    times = f"x {after / before:.2f}" if before else ""
    return name, f"{before:,.0f}", f"{after:,.0f}", times
