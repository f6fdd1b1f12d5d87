"""The text of a modest net for columns, with the section that names them."""

from dataclasses import dataclass

from lenet.dsl.columns import Series
from lenet.proposed.columns import Look, Reading, quoted

_FEW = 10  # categories that are told apart by a place of their own
_WIDEST, _SHORT = 32, 16  # vectors of categories
_LARGE, _SMALL = 20_000, 2_000  # rows
_SEEN = 600_000  # rows in all epochs


@dataclass(frozen=True)
class Answer:
    """So many `classes`, or 0 for a number; a number's logarithm with `log`; classes that are
    numbers, but not from 0 on, are `distinct`; some rows may be without (`missing`)."""

    classes: int
    log: bool
    distinct: bool
    missing: bool


@dataclass(frozen=True)
class Asked:
    """The `kind` of data and the path that the spec has, its rows, and what is asked of them and
    why; `split` where rows have to be held out."""

    kind: str
    path: str
    rows: int
    predict: str
    answer: Answer
    why: str
    split: bool


@dataclass(frozen=True)
class Fed:
    """An input's name and its columns; and how it reads texts."""

    name: str
    looks: tuple[Look, ...]
    reading: Reading | None = None


def spec_of(asked: Asked, inputs: list[Fed], group: str, last: bool, reason: str) -> str:
    """Of a table whose rows are answered one by one."""
    alone = len(inputs) == 1
    lines = [
        f"# A first spec for {asked.path}, which `lenet new` has written: edit it.",
        f"# {quoted(asked.predict)}: {asked.why}.",
        *(_means(asked.rows) if any(fed.reading for fed in inputs) else ()),
        *(_input_line(fed, alone) for fed in inputs),
    ]
    if alone:
        lines += _path_of(inputs[0])
    else:
        lines.append("concat")
        for fed in inputs:
            lines.append(f"  path from {fed.name}")
            lines += [f"    {line}" for line in _path_of(fed)]
    texts = any(fed.reading for fed in inputs)
    lines += ["dropout 0.5"] if texts else []
    if not all(fed.reading for fed in inputs):
        widths = (64, 32) if asked.rows > _SMALL else (16,)
        for width in widths:
            lines += [f"linear {width}", "relu"]
    lines += [f"linear {asked.answer.classes or 1}", ""]
    lines += _data(asked, inputs, group, last, reason)
    return "\n".join([*lines, "", *_train(asked, inputs, texts)]) + "\n"


def _input_line(fed: Fed, alone: bool) -> str:
    look = fed.looks[0]
    name = "" if alone else f"{fed.name} "
    if look.kind == "number":
        return f"input {name}{len(fed.looks)} numbers"
    if fed.reading:
        return f"input {name}{fed.reading.length} {fed.reading.kind} of {fed.reading.known}"
    if look.kind == "set":
        return f"input {fed.name} some of {look.known}"
    return f"input {fed.name} one of {look.different}"


def _means(rows: int) -> list[str]:
    """The block for texts: means of vectors, as fastText has them."""
    dropout = 0.3 if rows > _LARGE else 0.7
    return [
        "block means",
        "  embed 16 init normal 0.01",
        f"  dropout {dropout}",
        "  avgpool all",
        "",
    ]


def _path_of(fed: Fed) -> list[str]:
    """The layers of an input, up to a vector."""
    look = fed.looks[0]
    if look.kind == "number":
        return []
    if fed.reading:
        return ["means"]
    count = look.known if look.kind == "set" else look.different
    if count <= _FEW:
        return ["onehot"]
    return [f"embed {_SHORT if count <= 500 else _WIDEST}"]


def _data(asked: Asked, inputs: list[Fed], group: str, last: bool, reason: str) -> list[str]:
    lines = [f'data {asked.kind} "{asked.path}"']
    same = [fed.name for fed in inputs if _word(fed) == "category" and _is_its_own(fed)]
    lines += [f"  category {' '.join(same)}"] if same and len(inputs) > 1 else []
    for fed in inputs:
        if len(inputs) > 1 and fed.name in same:
            continue
        columns = " ".join(quoted(look.name) for look in fed.looks)
        behind = "" if len(inputs) == 1 or _is_its_own(fed) else f" as {fed.name}"
        lines.append(f"  {_word(fed)} {columns}{behind}")
    answer = asked.answer
    lines.append(f"  predict {'log ' if answer.log else ''}{quoted(asked.predict)}")
    lines += ["  label distinct"] if answer.distinct else []
    lacking = any(k.missing for fed in inputs for k in fed.looks if k.kind == "number")
    if answer.missing:
        lines.append("  missing drop  # of some rows the answer is missing")
    elif lacking:
        lines.append("  missing mean  # of some rows a number is missing")
    if asked.split:
        by = f" by {quoted(group)}" if group else ""
        lines += [f"  # {reason[:1].upper()}{reason[1:]}."] if reason else []
        lines.append(f"  validate {'last ' if last else ''}20 percent{by}")
    return lines


def _word(fed: Fed) -> str:
    return {"number": "number", "text": "text"}.get(fed.looks[0].kind, "category")


def _is_its_own(fed: Fed) -> bool:
    """Whether an input has the name of its only column."""
    return [look.name for look in fed.looks] == [fed.name]


def _train(asked: Asked, inputs: list[Fed], texts: bool) -> list[str]:
    names = sum(k.different > 500 for fed in inputs for k in fed.looks if k.kind == "category")
    most = 6 if texts or names else 60
    epochs = max(5, min(most, round(_SEEN / max(1, asked.rows))))
    metrics = "top1" if asked.answer.classes else "rmse mae"
    rate = "0.01 cosine" if texts else "0.001" if names else "0.003 cosine"
    return [
        "train", "  optimizer adam", f"  rate {rate}",
        f"  batch {256 if asked.rows > _LARGE else 64}", f"  stop after {epochs} epochs",
        f"  validate {metrics} every epoch",
    ]  # fmt: skip


def spec_of_series(asked: Asked, series: Series) -> str:
    """Causal convolutions, whose steps are further and further apart."""
    reaches: list[int] = []
    reach = 1
    while not reaches or sum(4 * r for r in reaches) < series.window:
        reaches.append(reach)
        reach *= 2
    by = f" by {quoted(series.by)}" if series.by else ""
    return "\n".join(
        [
            f"# A first spec for {asked.path}, which `lenet new` has written: edit it.",
            f"# The next {series.ahead} steps of {quoted(asked.predict)} from the last "
            f"{series.window}.",
            "block level(width, reach)",
            "  add", "    path",
            "      conv width x 3 dilate reach causal", "      relu",
            "      conv width x 3 dilate reach causal", "      relu",
            "    path", "",
            f"input 1x{series.window}", "conv 32x1",
            *(f"level 32 {r}" for r in reaches),
            "last", f"linear {series.ahead}", "",
            f'data {asked.kind} "{asked.path}"',
            f"  series {quoted(asked.predict)}{by} ordered by {quoted(series.order)}",
            f"  window {series.window} ahead {series.ahead}",
            "  validate last 20 percent  # what comes later is asked, as it will be",
            "  missing drop", "",
            "train", "  loss mae", "  optimizer adam", "  rate 0.002 cosine",
            "  batch 256", "  stop after 5 epochs", "  validate mae rmse every epoch",
        ]
    ) + "\n"  # fmt: skip
