"""The images about which a model is most wrong: as pictures, or as rows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.messages.clean import clean
from lenet.masks import coloured
from lenet.pages.report.answers import answer_names, name_of
from lenet.pages.report.columns import columns_shown
from lenet.pages.report.frame import figures, paragraph, picture, table
from lenet.reported import Judged
from lenet.runtime.contact_sheet import pictures_of
from lenet.runtime.metrics.outcomes import Numbers, Outcomes, Places, YesOrNo

_VALUES = 8  # of a row that is no picture


def mistakes_section(judged: Judged) -> str:
    """The worst first."""
    worst = judged.worst
    if not len(worst):
        return paragraph(f"There is none among these {judged.what}.")
    intro = paragraph(f"{_which(judged)}, the worst first; # is the place among the held-out ones.")
    if judged.map:
        return intro + _maps(judged, worst)
    if not judged.are_pictures:
        return intro + _rows(judged, worst)
    shown = pictures(judged, worst)
    items = [
        (picture(shown[n], f"held-out image {judged.rows[k]}: {told(judged, int(k))}"), caption)
        for n, (k, caption) in enumerate((k, _caption(judged, int(k))) for k in worst)
    ]
    return intro + figures(items)


def _which(judged: Judged) -> str:
    count, wrong = len(judged.worst), int((judged.wrongness > 0).sum())
    if isinstance(judged.outcomes, Numbers) and not isinstance(judged.outcomes, YesOrNo | Places):
        return f"The {count:,} largest errors"
    several = "mistakes" if judged.outcomes.answers == "class" else f"{judged.what} with mistakes"
    return f"All {count:,} {several}" if count == wrong else f"{count:,} of {wrong:,} {several}"


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
        pair = np.array([outcomes.labels[k, worst], judged.said[k, worst]], np.float64)
        own, found = outcomes.known.in_columns(pair)
        yield f"{name}is {own:.4g}"
        yield f"said {found:.4g}"
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
    """A table of the columns, or of the first values, as the data have them."""
    if judged.features is not None:
        raw = judged.pixels(worst).reshape(len(worst), -1)
        columns = columns_shown(judged.features, raw)[:_VALUES]
        heads = ["#", "what it is, and what was said", *(name for name, _ in columns)]
        found = [
            (f"{judged.rows[k]}", told(judged, int(k)), *(cells[n] for _, cells in columns))
            for n, k in enumerate(worst)
        ]
        return table("rows", heads, found)
    values = judged.pixels(worst).reshape(len(worst), -1).astype(np.float64) * judged.scale
    count = min(values.shape[1], _VALUES)
    heads = ["#", "what it is, and what was said", *(f"value {j + 1}" for j in range(count))]
    rows = [
        (f"{judged.rows[k]}", told(judged, int(k)), *(f"{v:.4g}" for v in values[n, :count]))
        for n, k in enumerate(worst)
    ]
    rest = f", the first {count} of {values.shape[1]:,} values" if values.shape[1] > count else ""
    return table(f"rows{rest}", heads, rows, range(2, 2 + count))


def _maps(judged: Judged, worst: NDArray[np.int64]) -> str:
    """Each image beside the answers of its places, and those that were said."""
    shown = pictures(judged, worst)
    own, said = _as_pictures(judged, worst)
    items = []
    for n, k in enumerate(worst):
        place = f"held-out image {judged.rows[k]}"
        three = (
            picture(shown[n], place) + picture(own[n], f"{place}: what is right")
            + picture(said[n], f"{place}: what was said")
        )  # fmt: skip
        share = float(judged.wrongness[k])
        what = f"{share:.1%} wrong"
        if judged.outcomes.answers == "numbers":
            what = f"mean error {share:.3g} deviations"
        items.append((f'<div class="trio">{three}</div>', f"#{judged.rows[k]}: {what}"))
    words = "Each image, what is right at its places, and what was said"
    words += "; a colour each class." if isinstance(judged.outcomes, Places) else "."
    return paragraph(words) + figures(items, "three")


def _as_pictures(
    judged: Judged, worst: NDArray[np.int64]
) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """What is right, and what was said: classes in colours, yes in white, numbers from black to
    white as far as they go."""
    both = judged.outcomes.labels[worst], judged.said[worst]
    maps = [np.asarray(values, np.float64).reshape(-1, *judged.map) for values in both]
    if isinstance(judged.outcomes, Places):
        own, said = ([coloured(each.astype(np.int64)) for each in values] for values in maps)
        return own, said
    least, most = (0.0, 1.0)
    if not isinstance(judged.outcomes, YesOrNo):
        least, most = float(maps[0].min()), float(maps[0].max())
    own, said = (pictures_of(values[:, None], least, most) for values in maps)
    return own, said
