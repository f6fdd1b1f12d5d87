"""Lines that stand at several places and differ in their sizes only, as blocks with parameters."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lenet.dsl.registry import layers
from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.nested import Item, Items
from lenet.runtime.imports.repeated import begins, steps_of, with_repeats

_LONGEST = 24  # items of a block
_MOST = 6  # parameters of a block
_LEAST = 4  # lines that a block has to save
_BLOCKS = 12  # of a file

# What parameters are called by their roles, in a block and in blocks that use it: where a block has
# a parameter of some name, that name cannot stand for a size in a use of it.
_NAMES = {
    "width": ("width", "maps", "channels"),
    "kernel": ("kernel", "size", "side"),
    "step": ("step", "by", "hop"),
    "turns": ("turns", "times", "count"),
}

Slots = tuple[int, ...]
Skeleton = tuple[object, ...]


@dataclass(frozen=True)
class Parameter:
    """One of a block: its default, if most uses have the same. `role` is that of its sizes."""

    name: str
    role: str
    default: int | None = None


@dataclass(frozen=True)
class Block:
    """`expressions` are its sizes in the order of its lines, in its parameters' names."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Items
    expressions: tuple[str, ...]
    level: int


def skeleton(item: Item) -> Skeleton:
    """What of an item is the same in all uses of a block: all but its sizes."""
    parts = tuple(part if isinstance(part, str) else (part.word, len(part.values), part.roles)
                  for part in item.head.parts)  # fmt: skip
    return (item.head.word, parts, tuple(tuple(map(skeleton, body)) for body in item.bodies))


def sizes_in(items: Items) -> Iterator[tuple[Sizes, int]]:
    """Each size of some lines, as one of its line's part."""
    for item in items:
        for part in item.head.parts:
            if isinstance(part, Sizes):
                yield from ((part, index) for index in range(len(part.values)))
        for body in item.bodies:
            yield from sizes_in(body)


def slots(items: Items) -> Slots:
    """Their values."""
    return tuple(part.values[index] for part, index in sizes_in(items))


@dataclass(frozen=True)
class _Found:
    """Where lines of one skeleton stand: lists of items by their number, and the first of each."""

    length: int
    places: tuple[tuple[int, int], ...]
    saved: int


def with_blocks(items: Items) -> tuple[Items, tuple[Block, ...]]:
    """The net with repeats and with uses of blocks, and these blocks, each behind those that it
    uses. What saves the most lines comes first; lines within blocks stay as they are."""
    net = with_repeats(items)
    blocks: list[Block] = []
    names: Counter[str] = Counter()
    while len(blocks) < _BLOCKS:
        lists = list(_lists(net))
        found = _best(lists)
        if found is None:
            break
        uses = [lists[k][first : first + found.length] for k, first in found.places]
        block = _block_of(uses, names, blocks)
        net = with_repeats(_replaced(net, block))
        blocks.append(block)
    return net, tuple(blocks)


def skeleton_of(items: Items) -> tuple[Skeleton, ...]:
    """That of several."""
    return tuple(map(skeleton, items))


def _lists(net: Items) -> Iterator[Items]:
    """All lists of lines: the net's, and those below its lines."""
    yield net
    for item in net:
        for body in item.bodies:
            yield from _lists(body)


def _best(lists: list[Items]) -> _Found | None:
    """What saves the most lines."""
    places: dict[tuple[Skeleton, ...], list[tuple[int, int]]] = {}
    for k, items in enumerate(lists):
        forms = skeleton_of(items)
        cuts = [index for index in range(len(items) + 1) if begins(items, index)]
        for first in cuts:
            for behind in cuts:
                if first < behind <= first + _LONGEST:
                    places.setdefault(forms[first:behind], []).append((k, first))
    best: _Found | None = None
    for form, all_places in places.items():
        apart = _apart(all_places, len(form))
        if len(apart) < 2:
            continue
        k, first = apart[0]
        uses = [lists[k][first : first + len(form)] for k, first in apart]
        lines = sum(item.lines for item in uses[0])
        saved = (len(uses) - 1) * (lines - 1) - 3
        if saved < _LEAST or (best is not None and saved <= best.saved):
            continue
        if _expressions(uses, 0) is not None:
            best = _Found(len(form), tuple(apart), saved)
    return best


def _apart(places: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Those that share no line."""
    found: list[tuple[int, int]] = []
    for k, first in places:
        if not found or found[-1][0] != k or first >= found[-1][1] + length:
            found.append((k, first))
    return found


def _expressions(
    uses: list[Items], level: int
) -> tuple[list[str], list[tuple[str, str, Slots]]] | None:
    """The sizes of a block in its parameters, and these with their values in each use; None where
    they would be too many."""
    values = list(zip(*map(slots, uses), strict=True))
    parameters: list[tuple[str, str, Slots]] = []  # name, role, values
    expressions: list[str] = []
    for (part, index), own in zip(sizes_in(uses[0]), values, strict=True):
        role = part.role(index)
        if len(set(own)) == 1:
            expressions.append(str(own[0]))
            continue
        text = next(filter(None, (_by(own, role, *p) for p in parameters)), None)
        if text is None:
            number = sum(known == role for _, known, _ in parameters) + 1
            text = _name(role, level) + (str(number) if number > 1 else "")
            parameters.append((text, role, own))
        expressions.append(text)
    if len(parameters) > _MOST:
        return None
    return expressions, parameters


def _name(role: str, level: int) -> str:
    names = _NAMES.get(role, (role,))
    return names[level] if level < len(names) else f"{role}_{chr(ord('a') + level)}"


def _by(own: Slots, role: str, name: str, known_role: str, known: Slots) -> str | None:
    """Sizes that follow from a parameter: its own, a multiple or a part of it, or the padding with
    which a window keeps the size of maps."""
    if role == known_role:
        if own == known:
            return name
        if role != "width":
            return None
        for more, less, text in ((own, known, "{}*{}"), (known, own, "{1}/{0}")):
            if min(less) > 0 and more[0] % less[0] == 0:
                factor = more[0] // less[0]
                if all(a == factor * b for a, b in zip(more, less, strict=True)):
                    return text.format(factor, name)
    keeps = role == "margin" and known_role == "kernel"
    if keeps and all(2 * a + 1 == b for a, b in zip(own, known, strict=True)):
        return f"({name} - 1)/2"
    return None


def _block_of(uses: list[Items], names: Counter[str], blocks: list[Block]) -> Block:
    """The block of some lines that stand at several places."""
    used = set(_words(uses[0]))
    level = max((own.level + 1 for own in blocks if own.name in used), default=0)
    found = _expressions(uses, level)
    assert found is not None
    expressions, parameters = found
    kind = _kind(uses[0])
    names[kind] += 1
    name = f"{kind}{names[kind]}" if names[kind] > 1 else kind
    own = sorted((_parameter(*parameter) for parameter in parameters), key=_has_default)
    return Block(name, tuple(own), uses[0], tuple(expressions), level)


def _words(items: Items) -> Iterator[str]:
    for item in items:
        yield item.head.word
        for body in item.bodies:
            yield from _words(body)


def _parameter(name: str, role: str, values: Slots) -> Parameter:
    return Parameter(name, role, 1 if role == "step" and 1 in values else None)


def _has_default(parameter: Parameter) -> bool:
    return parameter.default is not None


def _kind(items: Items) -> str:
    """A name for a block, by how it joins its paths."""
    for item in items:
        layer = layers().get(item.head.word)
        if layer is not None and layer.joins:
            return "branches" if layer.stacks else "residual" if layer.sign == "+" else "gate"
    return "unit"


def _replaced(net: Items, block: Block) -> Items:
    """The net with uses of a block in place of its lines."""
    form = skeleton_of(block.body)
    places = [block.expressions.index(own.name) for own in block.parameters]
    result: list[Item] = []
    index = 0
    while index < len(net):
        lines = net[index : index + len(form)]
        whole = begins(net, index) and begins(net, index + len(lines))
        if whole and skeleton_of(lines) == form:
            values = slots(lines)
            parts = (_argument(own, values[place])
                     for own, place in zip(block.parameters, places, strict=True))  # fmt: skip
            result.append(Item(Head(block.name, tuple(parts)), steps=steps_of(lines)))
            index += len(form)
        else:
            bodies = tuple(_replaced(body, block) for body in net[index].bodies)
            result.append(replace(net[index], bodies=bodies))
            index += 1
    return tuple(result)


def _argument(own: Parameter, value: int) -> Sizes:
    if own.default is None:
        return Sizes("", (value,), (own.role,))
    return Sizes(own.name, (value,), (own.role,), (own.default,))
