"""The images about which a model is most wrong: as pictures, or as rows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.messages.clean import clean
from lenet.masks import coloured
from lenet.pages.report.answers import answer_names, name_of
from lenet.pages.report.frame import figures, paragraph, picture, table
from lenet.reported import Judged
from lenet.runtime.contact_sheet import pictures_of
from lenet.runtime.metrics.outcomes import Numbers, Outcomes, Places, YesOrNo

_VALUES = 8  # of a row that is no picture


def mistakes_section(judged: Judged) -> str:
    """The worst first."""
    worst = judged.worst
    if not len(worst):
        return paragraph("There is none among these images.")
    wrong = int((judged.wrongness > 0).sum())
    numbers = isinstance(judged.outcomes, Numbers) and not isinstance(
        judged.outcomes, YesOrNo | Places
    )
    which = "with the largest errors" if numbers else f"of {wrong:,} that are not all right"
    intro = paragraph(
        f"The {len(worst)} {which}, the worst first; # is an image's place among the held-out ones."
    )
    if isinstance(judged.outcomes, Places):
        return intro + _masks(judged, worst)
    if not judged.are_pictures:
        return intro + _rows(judged, worst)
    shown = pictures(judged, worst)
    items = [
        (picture(shown[n], f"held-out image {judged.rows[k]}: {told(judged, int(k))}"), caption)
        for n, (k, caption) in enumerate((k, _caption(judged, int(k))) for k in worst)
    ]
    return intro + figures(items)


def pictures(judged: Judged, numbers: NDArray[np.int64]) -> list[NDArray[np.uint8]]:
    """Of some of the images, from black to white."""
    return pictures_of(judged.pixels(numbers), *judged.range)


def told(judged: Judged, k: int) -> str:
    """What an image is, and what the model says of it, in a few words."""
    return _caption(judged, k).split("\n", 1)[1].replace("\n", ", ")


def _caption(judged: Judged, k: int) -> str:
    return "\n".join([f"#{judged.rows[k]}", *_told(judged, k)])


def _told(judged: Judged, k: int) -> Iterator[str]:
    outcomes = judged.outcomes
    if isinstance(outcomes, YesOrNo):
        yield from _questions(judged, outcomes, k)
    elif isinstance(outcomes, Numbers):
        names = answer_names(judged)
        worst = int(np.abs(outcomes.errors[k]).argmax())
        name = f"{clean(names[worst])[:20]} " if len(names) > 1 else ""
        yield f"{name}is {outcomes.labels[k, worst]:.4g}"
        yield f"said {judged.said[k, worst]:.4g}"
    else:
        own, said = int(outcomes.labels[k]), int(judged.said[k])
        if own == said:
            yield f"{_class(judged, own)}, right"
        else:
            yield f"is {_class(judged, own)}"
            yield f"said {_class(judged, said)}"
        yield f"{_probability(outcomes, k, said)}"


def _questions(judged: Judged, outcomes: YesOrNo, k: int) -> Iterator[str]:
    """Of the most wrong question, or of the likeliest yes."""
    names = answer_names(judged)
    wrong = judged.said[k] != (outcomes.labels[k] > 0)
    sure = np.abs(outcomes.outputs[k])
    which = (
        int(np.where(wrong, sure, -1).argmax())
        if wrong.any()
        else int(outcomes.outputs[k].argmax())
    )
    yes = 1 / (1 + np.exp(-np.float64(outcomes.outputs[k, which])))
    yield f"{clean(names[which])[:20]}: {'yes' if outcomes.labels[k, which] > 0 else 'no'}"
    yield f"said yes with {yes:.2%}"


def _class(judged: Judged, number: int) -> str:
    return name_of(judged.classes[number]) if number < len(judged.classes) else str(number)


def _probability(outcomes: Outcomes, k: int, said: int) -> str:
    value = float(outcomes.values[k, said])
    value = float(np.exp(value)) if outcomes.logarithmic else value
    return f"{min(value, 0.9999) if value < 1 else 1.0:.2%}"  # 99.996% is not 100%


def _rows(judged: Judged, worst: NDArray[np.int64]) -> str:
    """A table of the first values, as the data have them."""
    values = judged.pixels(worst).reshape(len(worst), -1).astype(np.float64) * judged.scale
    count = min(values.shape[1], _VALUES)
    heads = ["#", "what it is, and what was said", *(f"value {j + 1}" for j in range(count))]
    rows = [
        (f"{judged.rows[k]}", told(judged, int(k)), *(f"{v:.4g}" for v in values[n, :count]))
        for n, k in enumerate(worst)
    ]
    rest = f", the first {count} of {values.shape[1]:,} values" if values.shape[1] > count else ""
    return table(f"rows{rest}", heads, rows, range(2, 2 + count))


def _masks(judged: Judged, worst: NDArray[np.int64]) -> str:
    """Each image beside the classes of its places, and those that were said."""
    outcomes = judged.outcomes
    height, width = judged.images.pixels.shape[2:]
    shown = pictures(judged, worst)
    items = []
    for n, k in enumerate(worst):
        place = f"held-out image {judged.rows[k]}"
        own, said = (
            coloured(values.astype(np.int64).reshape(height, width))
            for values in (outcomes.labels[k], judged.said[k])
        )
        three = (
            picture(shown[n], place) + picture(own, f"{place}: its classes")
            + picture(said, f"{place}: the classes that were said")
        )  # fmt: skip
        share = float(judged.wrongness[k])
        items.append((f'<div class="trio">{three}</div>', f"#{judged.rows[k]}: {share:.1%} wrong"))
    words = "Each image, the classes of its places, and those that were said; a colour each class."
    return paragraph(words) + figures(items, "three")
