"""Inputs with names and kinds, and where paths begin."""

from lenet.dsl.inputs import Input
from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.messages.phrases import replacing
from lenet.dsl.syntax.tree import Span

_TWO = "input user one of 4\ninput movie one of 5\n"

E083 = Code(
    "several inputs, and nothing says which",
    "A net with several inputs begins with paths that say where they come from, in a layer such as "
    "`concat` or `add`.",
    _TWO + "embed 8\nlinear 2\n",
)


def no_path_from(span: Span, layer: str, inputs: tuple[str, ...]) -> Diagnostic:
    """A layer, or a path, that is to begin at one of several inputs."""
    first = inputs[0] if inputs else "NAME"
    if layer == "path":
        return Diagnostic(
            "E083", span, "this path does not say at which input it begins",
            f"The inputs are {', '.join(inputs)}.", f"write `path from {first}`, or another",
        )  # fmt: skip
    return Diagnostic(
        "E083",
        span,
        f"`{layer}` does not say which of the inputs it reads",
        f"The inputs are {', '.join(inputs)}.",
        f"join paths that say so: `concat`, and below it `path from {first}` and the others",
    )


def no_such_input(span: Span, name: str, known: tuple[str, ...], meant: str | None) -> Diagnostic:
    """`path from` a name of no input."""
    detail = f"The inputs are {', '.join(known)}." if known else "The net's input has no name."
    fix = f"write `path from {meant}`" if meant else "begin at an input, or leave `from` out"
    return Diagnostic(
        "E084", span, f"no input is called {name}", detail, fix, edits=replacing(span, meant)
    )


E084 = Code(
    "a path from what is no input",
    "Only inputs stand behind `path from`; what other layers give is joined by layers with paths, "
    "such as `concat`.",
    _TWO + "concat\n  path from user\n    embed 8\n  path from film\n    embed 8\nlinear 2\n",
)
E085 = Code(
    "an input that does not fit in",
    "Inputs stand on top, like the parameters of a function; where there are several, each has a "
    "name, and a path begins at each.",
    _TWO
    + "input 3 numbers\nconcat\n  path from user\n    embed 8\n  path from movie\n    embed 8\n"
    "linear 2\n",
)


def input_without_name(span: Span) -> Diagnostic:
    """One of several."""
    return Diagnostic(
        "E085",
        span,
        "one of several inputs has no name",
        "Paths begin at inputs by their names.",
        "name it, as in `input user one of 671`",
    )


def input_below(span: Span) -> Diagnostic:
    """An input behind a layer."""
    return Diagnostic(
        "E085", span, "an input stands behind layers",
        "Inputs are on top, like the parameters of a function.", "move it up",
    )  # fmt: skip


def input_unused(span: Span, name: str) -> Diagnostic:
    """No path begins at it."""
    return Diagnostic(
        "E085",
        span,
        f"nothing reads the input {name}",
        "A net reads all its inputs.",
        f"begin a path at it, `path from {name}`, or remove it",
    )


E086 = Code(
    "numbers of words or categories",
    "Inputs of words and categories are numbers of entries in a list: `embed`, `onehot` and their "
    "like make something of them that layers can count with, and take nothing else.",
    "input one of 5\nlinear 2\n",
)


def codes_are_no_numbers(
    span: Span, layer: str, name: str, given: Input, joins: bool
) -> Diagnostic:
    """A layer that counts reads words or categories; in a path, where it joins some."""
    what = f"{given.kind} of {given.of}"
    return Diagnostic(
        "E086",
        span,
        f"`{layer}` cannot count with {'words' if given.shape[0] > 1 else 'categories'}",
        f"{name} is {what}: its values are places in a list.",
        f"put `embed 16` or `onehot` {'below that path' if joins else 'between'}",
        edits=() if joins else (Edit.line_before(span, "embed 16"),),
    )


def needs_codes(span: Span, layer: str, source: str) -> Diagnostic:
    """`embed` behind numbers."""
    return Diagnostic(
        "E086",
        span,
        f"`{layer}` reads words or categories, but gets numbers",
        f"{source} gives numbers. An input of words is `input 60 words of 10000`, one of "
        "categories `input one of 5`.",
        f"put `{layer}` right behind such an input",
    )


def only_for_kind(span: Span, layer: str, what: str, given: Input) -> Diagnostic:
    """A layer that reads another kind of codes."""
    return Diagnostic(
        "E086",
        span,
        f"`{layer}` is for {what}",
        f"Its input is {given.kind} of {given.of}.",
        "use `embed` or `onehot`",
    )
