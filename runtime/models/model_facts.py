"""What a model is beside its weights: as texts for its file, and back.

A file may come from anybody, so nothing that it says is believed: each value is of its kind, finite
and of a length that fits the net before anything is worked out with it.
"""

import json
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from lenet.dsl.graph import Graph
from lenet.dsl.shapes import Shape, as_image, channels_of, product, show
from lenet.runtime.data.features import Features
from lenet.runtime.data.target import Target
from lenet.runtime.records.observed import Observed

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

_LONGEST = 2**20  # characters of a spec, as of a .lenet file
_ALL = 2**26  # characters of everything together
_FRACTION = re.compile(r"-?[0-9]{1,310}(/[0-9]{1,310})?")  # as str(Fraction) writes what specs hold
_NUMBERS = ("loss", "top1", "rate", "images_per_second", "seconds")  # of an epoch


class Damaged(Exception):  # noqa: N818 - what is wrong, not that something is
    """A sentence on what is wrong with a file."""


def facts_of(model: "Model") -> dict[str, str]:
    """All but the weights and how they came about."""
    observed = None if model.observed is None else model.observed.as_dict()
    return {
        "spec": model.source,
        "spec_digest": sha256(model.source.encode()).hexdigest(),
        "name": model.name,
        "imports": json.dumps(dict(model.imports)),
        "settings": json.dumps({name: str(v) for name, v in model.settings.items()}),
        "normalization": json.dumps(
            {
                "pixel_scale": model.pixel_scale,
                "mean": list(model.mean),
                "deviation": list(model.deviation),
            }
        ),
        "classes": json.dumps(list(model.classes)),
        **_answers(model),
        **({} if model.features is None else {"features": json.dumps(model.features.as_list())}),
        "observed": json.dumps(observed),
    }


def json_of(facts: Mapping[str, str], key: str, default: str) -> Any:
    """What one of the texts says; Damaged where it is no JSON."""
    return _json(facts, key, default)


def positive_of(known: Any, key: str, what: str) -> float:
    """A positive number of something that was read; Damaged where it is none."""
    return _positive(_of(known, key), what)


def _answers(model: "Model") -> dict[str, str]:
    """What the unit of answers that are no classes needs; nothing where there is none."""
    if model.answers is None:
        return {}
    mean, deviation = map(list, model.answers)
    return {"answers": json.dumps({"mean": mean, "deviation": deviation})}


def fields_of(facts: Mapping[str, str]) -> dict[str, Any]:
    """The model's fields again; Damaged where one is not what `facts_of` could have written."""
    if sum(map(len, facts.values())) > _ALL:
        raise Damaged("Its metadata are too long.")
    source, name = facts["spec"], facts.get("name", "")
    imports = texts_of(_json(facts, "imports", "{}"), "imports")
    for text in (source, name, *imports.values()):
        if len(text) > _LONGEST:
            raise Damaged(f"One of its texts has {len(text):,} characters.")
    normalization = _json(facts, "normalization")
    observed, answers = _json(facts, "observed", "null"), _json(facts, "answers", "null")
    return {
        "source": source,
        "name": name,
        "imports": imports,
        "settings": settings_of(_json(facts, "settings")),
        "pixel_scale": _positive(_of(normalization, "pixel_scale"), "the scale of its pixels"),
        "mean": _numbers(_of(normalization, "mean"), "its mean"),
        "deviation": _numbers(_of(normalization, "deviation"), "its deviation"),
        "classes": _classes(_json(facts, "classes")),
        "observed": None if observed is None else _observed(observed),
        "answers": None if answers is None else _moments(answers),
        "features": _json(facts, "features", "null"),
    }


def history_of(facts: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    """The epochs of a model's training; Damaged where they are not what a training reports."""
    epochs = _json(facts, "history")
    if not isinstance(epochs, list):
        raise Damaged("Its history is no list.")
    for epoch in epochs:
        if not isinstance(epoch, dict) or not isinstance(epoch.get("validation"), dict):
            raise Damaged("Its history has an entry that is no epoch.")
        counts = epoch.get("epoch"), epoch.get("iteration")
        numbers = [epoch[name] for name in _NUMBERS if epoch.get(name) is not None]
        sound = all(map(_is_count, counts))
        measured = epoch["validation"].values()
        sound &= all(_is_number(value) or _is_table(value) for value in measured)
        if not sound or not all(map(_is_number, numbers)):
            raise Damaged("Its history has an epoch with values that are no numbers.")
    return tuple(epochs)


def brief(history: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """The epochs of a training as its model keeps them: tables of the last one only, since they are
    large; the run's folder has all."""

    def numbers(epoch: dict[str, Any]) -> dict[str, Any]:
        validation = epoch["validation"]
        kept = {name: value for name, value in validation.items() if not _is_table(value)}
        return {**epoch, "validation": kept}

    return (*map(numbers, history[:-1]), *history[-1:])


def features_of(found: Any, graph: Graph) -> Features | None:
    """What a file says of the columns of its inputs; Damaged where that does not fit them."""
    needed = graph.data is not None and graph.data.tabular
    if found is None:
        if needed:
            raise Damaged("It does not say what was learnt of its columns.")
        return None
    try:
        return Features.from_list(found, graph.inputs, graph.data)
    except ValueError as error:
        raise Damaged(f"Of its inputs, {error}.") from None


def check_fit(model: "Model") -> None:
    """Damaged where the normalization, the classes or what was observed do not fit the net."""
    graph = model.graph
    if graph.answers == "class":
        if len(graph.output) != 1:
            raise Damaged(f"Its net gives {show(graph.output)}, not a value for each class.")
        if len(model.classes) != graph.output[0]:
            count = f"{len(model.classes):,} classes"
            raise Damaged(f"It names {count}, but its net has {graph.output[0]:,} outputs.")
    else:
        target, given = Target.of(graph), model.answers or ((), ())
        answers, names = target.count, len(target.names("answer"))
        if len(model.classes) != names or not len(given[0]) == len(given[1]) == answers:
            raise Damaged(f"It tells of other answers than its net's {answers:,}.")
    channels = channels_of(graph.input)
    if not len(model.mean) == len(model.deviation) == channels:
        found = f"{len(model.mean):,} and {len(model.deviation):,}"
        raise Damaged(f"Its mean and deviation have {found} values, but should have {channels:,}.")
    with np.errstate(all="ignore"):
        mean, deviation = np.array(model.mean), np.array(model.deviation)
        scales = np.array([1 / deviation, model.pixel_scale / deviation], np.float32)
        shifts = (mean / deviation).astype(np.float32)
    if not (np.isfinite(scales) & (scales > 0)).all() or not np.isfinite(shifts).all():
        raise Damaged("Its deviation is not positive, or beyond all reason.")
    if model.observed is not None and not _fits(model.observed.shape, graph):
        found = show(model.observed.shape)
        raise Damaged(f"Its training images were {found}, but its input is {show(graph.input)}.")


def _fits(shape: Shape, graph: Graph) -> bool:
    pad = graph.data.pad if graph.data is not None else (0, 0)
    padded = (shape[0], shape[1] + 2 * pad[0], shape[2] + 2 * pad[1])
    return padded == as_image(graph.input) or (product(padded),) == graph.input


def _moments(known: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    mean = _numbers(_of(known, "mean"), "the mean of its answers")
    what = "the deviation of its answers"
    deviation = tuple(_positive(value, what) for value in _numbers(_of(known, "deviation"), what))
    return mean, deviation


def _json(facts: Mapping[str, str], key: str, default: str = "") -> Any:
    try:
        return json.loads(facts.get(key, default))
    except (ValueError, RecursionError):
        raise Damaged(f"Its {key} cannot be read.") from None


def _of(known: Any, key: str) -> Any:
    if not isinstance(known, dict) or key not in known:
        raise Damaged(f"It does not say what its {key} is.")
    return known[key]


def texts_of(known: Any, what: str) -> dict[str, str]:
    """Texts by their names; Damaged where they are none."""
    if not isinstance(known, dict) or not all(isinstance(v, str) for v in known.values()):
        raise Damaged(f"Its {what} are not texts by their names.")
    return known


def settings_of(known: Any) -> dict[str, Fraction]:
    """Values of constants by their names, as `facts_of` writes them; Damaged where they are none.
    A short text such as 1e9999999 would take minutes to read."""
    settings = {}
    for name, text in texts_of(known, "settings").items():
        if not _FRACTION.fullmatch(text) or text.endswith("/0"):
            raise Damaged("One of its settings is no number.")
        try:
            settings[name] = Fraction(text)
        except ZeroDivisionError:
            raise Damaged("One of its settings is no number.") from None
    return settings


def _classes(known: Any) -> tuple[str, ...]:
    if not isinstance(known, list) or not all(isinstance(name, str) for name in known):
        raise Damaged("Its classes are no list of names.")
    return tuple(known)


def _is_number(value: Any) -> bool:
    """One that fits a float."""
    return type(value) is float or (type(value) is int and abs(value) < 2**63)


def _is_table(value: Any) -> bool:
    """Rows of counts, as some metrics give."""
    rows = value if isinstance(value, list) else [None]
    return all(isinstance(row, list) and all(map(_is_count, row)) for row in rows)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**31


def _number(value: Any, what: str) -> float:
    if _is_number(value) and math.isfinite(value):
        return float(value)
    raise Damaged(f"{what[0].upper()}{what[1:]} is no finite number.")


def _positive(value: Any, what: str) -> float:
    number = _number(value, what)
    if number <= 0:
        raise Damaged(f"{what[0].upper()}{what[1:]} is not positive.")
    return number


def _numbers(values: Any, what: str) -> tuple[float, ...]:
    if not isinstance(values, list):
        raise Damaged(f"{what[0].upper()}{what[1:]} is no list of numbers.")
    return tuple(_number(value, what) for value in values)


def _observed(known: Any) -> Observed:
    what = "what is said of its training images"
    shape, borders = _of(known, "shape"), _of(known, "borders")
    least, most = (_number(_of(known, key), what) for key in ("least", "most"))
    if not isinstance(shape, list) or len(shape) != 3 or not all(map(_is_size, shape)):
        raise Damaged("The shape of its training images is none.")
    if borders is not None:
        borders = _numbers(borders, what)
        if len(borders) != 2 or not 0 <= borders[0] <= borders[1] <= 1:
            raise Damaged("The borders of its training images are no two brightnesses.")
    if least > most:
        raise Damaged("The least value of its training images is more than the most.")
    return Observed(tuple(shape), least, most, borders)
