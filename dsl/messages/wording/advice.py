"""Advice: what is allowed, and hardly meant."""

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Span

W001 = Code(
    "rows or columns that are never read",
    "The last window that fits ends before the border, so the pixels behind it have no effect. "
    "Where that is meant, `# allow W001` on the line says so.",
    "input 1x9x9\nmaxpool 2\n",
)


def rows_dropped(
    span: Span, layer: str, dropped: Shape, given: Shape, rounds: bool = False
) -> Diagnostic:
    """Windows leave out the last rows or columns. `dropped` are how many of each; `rounds` tells
    whether the layer can `round up`."""
    parts = [
        f"the last {what}" if n == 1 else f"the last {n} {what}s"
        for n, what in zip(dropped, ("row", "column"), strict=True)
        if n
    ]
    return Diagnostic(
        "W001",
        span,
        f"`{layer}` ignores {' and '.join(parts)} of its input",
        f"The input is {show(given[1:])}, and the last window that fits ends before the border.",
        "choose another window, stride or padding"
        + (", or write `round up`" if rounds else "")
        + "; or silence this with # allow W001",
    )


W002 = Code(
    "two linear layers with nothing between",
    "Their product is a single linear layer: the second one adds parameters and nothing else.",
    "input 64\nlinear 32\nlinear 10\n",
)


def linear_after_linear(span: Span, first: Span) -> Diagnostic:
    """A linear layer stands right behind another."""
    return Diagnostic(
        "W002",
        span,
        "two linear layers follow each other with nothing between",
        "Together they can do no more than one linear layer.",
        "put an activation such as `relu` between them",
        (Related(first, "the first is here"),),
    )


W003 = Code(
    "a constant that is never used",
    "Perhaps a number should have been this name.",
    "let width = 16\ninput 8\ntanh\n",
)


def unused_constant(span: Span, name: str) -> Diagnostic:
    """No line uses what a `let` defines."""
    return Diagnostic(
        "W003", span, f"`{name}` is never used", "", "remove the line",
        edits=(Edit.remove_line(span),),
    )  # fmt: skip


W004 = Code(
    "dropout or noise behind the last linear layer",
    "It changes the scores of random classes.",
    "input 64\nlinear 10\ndropout 0.5\n",
)


def dropout_after_last_linear(span: Span, layer: str) -> Diagnostic:
    """A layer that changes values at random has no linear layer behind it."""
    return Diagnostic(
        "W004",
        span,
        f"`{layer}` after the last linear layer changes the scores of whole classes",
        "In training they are 0, or others, at random.",
        "move it before the last linear layer",
    )


W005 = Code(
    "a block that is never used",
    "Its layers are not in the net.",
    "block squash\n  tanh\ninput 8\nrelu\n",
)


def unused_definition(span: Span, what: str, name: str) -> Diagnostic:
    """No line uses a block or a table; `what` is which of the two."""
    code = "W005" if what == "block" else "W007"
    return Diagnostic(code, span, f"the {what} `{name}` is never used", "", "use it or remove it")


W006 = Code(
    "a bias that a batchnorm takes away",
    "The batchnorm subtracts the mean of each channel, and the bias with it: it costs time and "
    "parameters and has no effect.",
    "input 1x8x8\nconv 4x3x3\nbatchnorm\n",
)


def bias_before_batchnorm(span: Span, layer: str, norm: Span, end: Span) -> Diagnostic:
    """A layer with a bias stands right before a batch normalization. `end` is where its arguments
    end."""
    return Diagnostic(
        "W006",
        span,
        f"the bias of this `{layer}` has no effect",
        "The `batchnorm` behind it subtracts the mean, and the bias with it.",
        "write `bias no`",
        (Related(norm, "the batchnorm is here"),),
        (Edit.behind(end, " bias no"),),
    )


W007 = Code(
    "a table that is never used",
    "`conv … connect NAME` uses it.",
    "table t\n  X X\ninput 1x8x8\nconv 2x3x3\n",
)


W008 = Code(
    "a training that does not fit into this machine's memory",
    "The estimate is the compiler's plan: weights, gradients, and the activations that a step "
    "has to keep. `lenet shapes` shows where they are.",
    "",
)


def too_much_memory(
    span: Span, needed: int, available: int, less: tuple[int, int] | None = None
) -> Diagnostic:
    """A training needs more bytes than the machine has; `less` is a batch that fits, and what it
    needs."""
    fix = "make the net smaller"
    if less is not None:
        fix = f"write `batch {less[0]}`, which needs {less[1] / 2**30:,.1f} GiB"
    return Diagnostic(
        "W008",
        span,
        f"training would need {needed / 2**30:,.1f} GiB of memory",
        f"This machine has {available / 2**30:,.1f} GiB.",
        f"{fix}, or train it on another machine",
    )


W009 = Code(
    "an activation behind the scores",
    "The loss takes the softmax of the net's scores, which are any numbers. An activation "
    "bounds them, on one side or on both.",
    "input 8\nlinear 10\nrelu\ntrain\n  rate 0.1\n",
)


def bounded_scores(
    span: Span, layer: str, bounds: tuple[float, float], follows: str = "a softmax"
) -> Diagnostic:
    """An activation with these bounds stands behind the scores of a softmax, or of a loss that
    `follows`."""
    low, high = bounds
    what = "class" if follows == "a softmax" else "answer"
    detail = f"Between {low:g} and {high:g} no {what} can become as certain as it may be."
    if high == float("inf"):
        detail = f"No score is below {low:g}, so that no class can become as unlikely as it may be."
    return Diagnostic(
        "W009",
        span,
        f"the net's scores come from `{layer}`, and {follows} follows",
        detail,
        f"remove this `{layer}` line; or silence this with # allow W009",
    )


W010 = Code(
    "a normalization of a single value",
    "With one image in a batch, a batch normalization of a vector sees one value of each "
    "channel, and subtracts it from itself. So does one that takes each value of an image by "
    "itself, such as `layernorm` where there is one channel.",
    "input 8\nbatchnorm\nlinear 10\ntrain\n  rate 0.1\n  batch 1\n",
)


def nothing_varies(span: Span, layer: str, shape: Shape) -> Diagnostic:
    """A batch of one image, and a batch normalization of a vector or of 1x1 maps."""
    what = "a vector" if len(shape) == 1 else f"a map of {show(shape)}"
    return Diagnostic(
        "W010",
        span,
        f"with `batch 1`, `{layer}` on {what} has nothing to compare",
        "It subtracts the batch's mean, and of one value nothing is left: nothing is learnt.",
        f"write a larger batch, such as `batch 32`, or remove the `{layer}` line",
    )


def single_values(span: Span, layer: str, given: Shape, instead: str) -> Diagnostic:
    """What a normalization of each image takes together is one value."""
    return Diagnostic(
        "W010",
        span,
        f"`{layer}` of {show(given)} takes each value by itself",
        "It subtracts the mean, and of one value nothing is left: nothing is learnt.",
        instead,
    )


W011 = Code(
    "a path to be left out that is none",
    "Where a path of an `add` is left out, the others remain. Elsewhere nothing remains of the "
    "image, and nothing is learnt from it.",
    "input 8\nlinear 8\nstochasticdepth 0.2\nlinear 10\n",
)


def outside_of_paths(span: Span, layer: str) -> Diagnostic:
    """A layer that leaves a path out for random images stands in none."""
    return Diagnostic(
        "W011",
        span,
        f"`{layer}` stands in no path",
        "For random images it leaves nothing, and no other path remains.",
        "move it to the end of a `path` of an `add`, or write `dropout` in its place",
    )
