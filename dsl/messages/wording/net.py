"""What a net is made of: its input, names, and bodies."""

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.syntax.tree import Span

E020 = Code(
    "no input",
    "Every shape follows from the input's, so the net begins with it: channels x height x "
    "width, or one number for a vector.",
    "conv 6x5x5\n",
)


def no_input(span: Span) -> Diagnostic:
    """A layer stands before the `input`."""
    return Diagnostic(
        "E020",
        span,
        "the net does not begin with its input",
        "Every shape follows from the input's.",
        "begin with a line such as `input 1x28x28` (channels x height x width)",
    )


def empty_net(span: Span) -> Diagnostic:
    """A file has no layers at all."""
    return Diagnostic(
        "E020", span, "there is no net in this file", "", "begin with `input 1x28x28`"
    )


E021 = Code(
    "a second input",
    "A net has one input. Several ways from it are `path`s of a layer that joins them, as `add`.",
    "input 1x28x28\ninput 784\n",
)


def input_twice(span: Span, first: Span) -> Diagnostic:
    """A second `input`."""
    return Diagnostic(
        "E021",
        span,
        "the net has a second input",
        "",
        "remove one of them",
        (Related(first, "the first is here"),),
    )


E022 = Code(
    "a name that is taken",
    "Trained tensors are named after their layers, so names are unique; blocks, tables and "
    "constants are, too.",
    "input 8\nlinear 8 as score\ntanh\nlinear 8 as score\n",
)


def duplicate_name(span: Span, name: str, first: Span) -> Diagnostic:
    """A name is given that another line has given already."""
    return Diagnostic(
        "E022",
        span,
        f"the name `{name}` is taken",
        "",
        "choose another name",
        (Related(first, "first named here"),),
    )


def name_clashes(span: Span, name: str, first: Span, mine: bool) -> Diagnostic:
    """A name that was written, and one that a layer has without writing it."""
    return Diagnostic(
        "E022",
        span,
        f"the name `{name}` is taken",
        "A layer without a name is called by its kind and count.",
        "choose another name" if mine else f"give this layer a name: as NAME, not {name}",
        (Related(first, f"this is `{name}`"),),
    )


E023 = Code(
    "a line in the wrong body",
    "Layers have no lines below them; `let`, `block`, `table`, `import`, `expect`, `input` and "
    "sections belong to the whole file and stand at its left margin.",
    "input 1x28x28\nconv 6x5x5\n  tanh\n",
)


def body_not_allowed(span: Span, keyword: str, above: Span) -> Diagnostic:
    """A line is indented below one that takes no body. `span` is its place, `above` the other's."""
    return Diagnostic(
        "E023",
        span,
        f"`{keyword}` has no lines below it",
        "Sections such as `train`, and `repeat`, `block`, `add`, … have indented lines.",
        f"indent it like the `{keyword}` line",
        (Related(above, "the line above it"),),
        (Edit(span.line, 1, span.line, span.column, " " * (above.column - 1), span.file),),
    )


def let_in_body(span: Span, keyword: str) -> Diagnostic:
    """A `let` stands in a body."""
    return Diagnostic(
        "E023",
        span,
        f"a `let` cannot stand below `{keyword}`",
        "Constants belong to the whole file.",
        "move it above, without indentation",
    )


def only_at_the_top(span: Span, keyword: str, outer: str) -> Diagnostic:
    """What belongs to the whole file stands in a body; `outer` is whose."""
    return Diagnostic(
        "E023",
        span,
        f"`{keyword}` cannot stand below `{outer}`",
        "It belongs to the whole file.",
        "move it out, without indentation",
    )


def behind_section(span: Span, word: str, section: str, above: Span) -> Diagnostic:
    """A line of a section that is a layer's, too, stands right behind the section, at its margin.
    `above` is the section's place."""
    return Diagnostic(
        "E023",
        span,
        f"`{word}` stands behind the section `{section}`, not in it",
        "At the left margin it is a layer, and layers stand before the sections.",
        f"indent it below the line `{section}`",
        (Related(above, "the section is here"),),
        (Edit(span.line, 1, span.line, span.column, "  ", span.file),),
    )


E043 = Code(
    "more layers than can be meant",
    "Blocks and repeats are written out, into at most 5,000 layers.",
    "input 8\nrepeat 4000\n  tanh\n  relu\n",
)


def too_many_layers(span: Span, limit: int) -> Diagnostic:
    """Blocks and repeats, written out, make more than `limit` layers."""
    return Diagnostic(
        "E043",
        span,
        "with this line the net grows beyond all reason",
        f"Blocks and repeats may make at most {limit:,} layers.",
        "repeat it less often",
    )
