"""Shapes and counts that do not fit."""

from math import gcd

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.messages.phrases import enumerated
from lenet.dsl.padding import Sides
from lenet.dsl.shapes import Shape, product, show
from lenet.dsl.syntax.tree import Span

E030 = Code(
    "a window larger than its input",
    "A kernel or a pooling window has to fit into the map, with its padding, at least once. "
    "The message also says with which input the whole net would work.",
    "input 1x4x4\nconv 6x5x5\n",
)


def window_too_large(
    span: Span, layer: str, window: Shape, given: Shape, padding: Sides | None, source: str,
    whole: Shape,
) -> Diagnostic:  # fmt: skip
    """The checker adds the smallest input of the net that is large enough. `padding` is None where
    the layer has none. The window reaches over `whole` rows and columns.
    """
    down, across = padding or ((0, 0), (0, 0))
    room = (given[1] + sum(down), given[2] + sum(across))
    padded = f", padded {show(room)}" if room != given[1:] else ""
    more = "" if padding is None else ", or more `pad`"
    dilated = whole != window
    return Diagnostic(
        "E030",
        span,
        f"the {layer} window {show(window)}{', dilated,' if dilated else ''} is larger than its "
        "input",
        f"{source} gives {show(given)}{padded}: {show(whole)} does not fit into {show(room)}.",
        f"use a smaller `dilate`{more}" if dilated else f"use at most {show(room)}{more}",
    )


E071 = Code(
    "groups that do not divide the channels",
    "With `groups 4`, the first quarter of the outputs sees the first quarter of the input's "
    "channels, and so on: their number has to divide both.",
    "input 12x8x8\nconv 16x3x3 groups 8\n",
)


def groups_do_not_divide(
    span: Span, groups: int, given: int, outputs: int, source: str
) -> Diagnostic:
    """`groups` does not divide the channels of a convolution's input, or those of its output."""
    both = gcd(given, outputs)
    divisors = [n for n in range(1, both + 1) if both % n == 0]
    listed = enumerated([str(n) for n in divisors])
    wrong = [
        f"{count} channels that {what}"
        for count, what in ((given, f"{source} gives"), (outputs, "it makes"))
        if count % groups
    ]
    nearest = min(divisors, key=lambda n: (abs(n - groups), n))
    return Diagnostic(
        "E071",
        span,
        f"{groups} groups do not divide the {' nor the '.join(wrong)}",
        f"Numbers that divide both {given} and {outputs}: {listed}.",
        f"write `groups {nearest}`",
        edits=(Edit.of(span, str(nearest)),),
    )


def groups_with_table(span: Span, table: Span) -> Diagnostic:
    """A convolution has `groups` and a table, which both say what its outputs see."""
    return Diagnostic(
        "E071",
        span,
        "`groups` and `connect` say both which channels an output sees",
        "",
        "keep one of them",
        (Related(table, "this is the other"),),
    )


E031 = Code(
    "a reshape to another number of values",
    "Reshaping keeps every value. Factors that are written out, as in 12*4*4, are compared "
    "with the map one by one.",
    "input 1x12x12\nconv 12x5x5\nreshape 12*4*4\n",
)


def reshape_mismatch(span: Span, wanted: str, count: int, given: Shape, source: str) -> Diagnostic:
    """A `reshape` to more or fewer values than its input has. `wanted` is as written, `count` its
    product."""
    amount = f"{wanted} is {count}" if wanted != str(count) else f"That is {count} values"
    return Diagnostic(
        "E031",
        span,
        f"`reshape {wanted}` does not have as many values as its input",
        f"{amount}, but {source} gives {show(given)} = {product(given)}"
        + _differing(wanted, given),
        f"write reshape {'*'.join(map(str, given))}",
        edits=(Edit.of(span, "*".join(map(str, given))),),
    )


def _differing(wanted: str, given: Shape) -> str:
    factors = wanted.replace("x", "*").split("*")
    if len(factors) != len(given) or not all(f.isdigit() for f in factors):
        return "."
    names = ("1st", "2nd", "3rd")
    wrong = [k for k, f in enumerate(factors) if int(f) != given[k]]
    facts = [f"the {names[k]} factor is {factors[k]}, the map has {given[k]}" for k in wrong]
    return ": " + ", and ".join(facts) + "."


E032 = Code(
    "a map where a vector is due",
    "Layers such as `linear` see a vector. `flatten` makes one of a map.",
    "input 1x28x28\nlinear 10\n",
)


def linear_on_map(span: Span, given: Shape, source: str, layer: str = "linear") -> Diagnostic:
    """A layer of vectors stands behind a map, (channels, height, width), or a sequence."""
    form = "channels x steps" if len(given) == 2 else "channels x height x width"
    return Diagnostic(
        "E032",
        span,
        f"`{layer}` needs a vector, but gets a {'sequence' if len(given) == 2 else 'map'}",
        f"{source} gives {show(given)}, which is {form}.",
        "flatten it first: write `flatten` on the line before",
        edits=(Edit.line_before(span, "flatten"),),
    )


E033 = Code(
    "a vector where a map is due",
    "Windows slide over maps: channels x height x width.",
    "input 784\nconv 6x5x5\n",
)


def needs_map(span: Span, layer: str, given: Shape, source: str) -> Diagnostic:
    """A layer of maps stands behind a vector, or behind a sequence."""
    shape = show((given[0], 1, given[1] if len(given) == 2 else 1))
    return Diagnostic(
        "E033",
        span,
        f"`{layer}` needs a map, but gets a {'sequence' if len(given) == 2 else 'vector'}",
        f"{source} gives {show(given)}; a map is channels x height x width.",
        f"turn it into a map first: reshape {shape}",
        edits=(Edit.line_before(span, f"reshape {shape}"),),
    )


def no_equal_groups(span: Span, groups: int, channels: int, source: str) -> Diagnostic:
    """Channels that cannot be shared out among so many groups."""
    fitting = [str(k) for k in range(1, channels + 1) if channels % k == 0]
    some = fitting if len(fitting) < 9 else [*fitting[:4], "…", *fitting[-4:]]
    return Diagnostic(
        "E016",
        span,
        f"{channels} channels do not make {groups} groups of one size",
        f"{source} gives {channels} channels.",
        f"write a number that divides {channels}: {', '.join(some)}",
    )


def empty_range(span: Span, layer: str, low: float, high: float) -> Diagnostic:
    """The bounds of an activation leave no value between them."""
    return Diagnostic(
        "E016",
        span,
        f"`{layer}` from {low:g} to {high:g} lets no value through",
        fix=f"write a `low` below `high`, such as `{layer} low 0 high {abs(high) + 1:g}`",
    )


E034 = Code(
    "a shape that is not the one written behind ->",
    "`-> SHAPE` is a test that lives in the file: when a layer changes, it tells where the "
    "shapes change with it. `lenet fmt --shapes` writes them anew.",
    "input 1x28x28\nconv 6x5x5 -> 6x28x28\n",
)


def stale_shape(span: Span, declared: Shape, actual: Shape, why: str) -> Diagnostic:
    """The shape behind `->` is not the line's; `why` is a sentence on where that comes from."""
    return Diagnostic(
        "E034",
        span,
        f"the shape here is {show(actual)}, not {show(declared)}",
        why,
        f"write -> {show(actual)}, or change the layer",
        edits=(Edit.of(span, show(actual)),),
    )


E035 = Code(
    "another number of parameters than expected",
    "`expect N parameters` counts what is trained: weights, biases, scales and shifts. It does "
    "not count running statistics, nor weights that a connection table leaves out.",
    "input 784\nlinear 10\nexpect 7840 parameters\n",
)


def stale_count(span: Span, declared: int, actual: int) -> Diagnostic:
    """The net has more or fewer trained parameters than `expect` says."""
    return Diagnostic(
        "E035",
        span,
        f"the net has {actual} parameters, not {declared}",
        f"That is {abs(actual - declared)} {'more' if actual > declared else 'fewer'}.",
        f"write expect {actual} parameters, or change the net",
        edits=(Edit.of(span, str(actual)),),
    )


E041 = Code(
    "a layer of absurd size",
    "One layer's output or parameters would need more than 8 GiB: most likely a size has a "
    "digit too many.",
    "input 1x1000x1000\nreshape 1000000\nlinear 1000000\n",
)


def net_too_large(span: Span, what: str, needed: int, limit: int) -> Diagnostic:
    """A layer's output or parameters need more than `limit` bytes."""
    return Diagnostic(
        "E041",
        span,
        f"{what} would need {needed / 2**30:,.1f} GiB",
        f"That is more than the {limit / 2**30:,.0f} GiB that one layer may have.",
        "make the layer smaller",
    )
