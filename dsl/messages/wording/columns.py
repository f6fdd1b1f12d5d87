"""Columns of tables, and the inputs that they are for."""

from lenet.dsl.columns import Fed
from lenet.dsl.inputs import Input
from lenet.dsl.messages.codes import TRAINED, Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.messages.phrases import counted
from lenet.dsl.shapes import Shape, product, show
from lenet.dsl.syntax.tree import Span

E087 = Code(
    "columns that do not fit the inputs",
    "Each input takes the columns that a line of the section `data` names: `category` for `one of` "
    "and `some of`, `number` for numbers, `text` for words and characters.",
    'input size one of 3\nembed 2\nlinear 2\ndata csv "t.csv"\n  number weight as size\n'
    "  predict kind\n",
)


def _what(given: Input) -> str:
    name = f"the input {given.name}" if given.name else "the input"
    return f"{name}, {_kind(given)},"


def _kind(given: Input) -> str:
    if not given.kind:
        return show(given.shape)
    if given.entry is not None and given.entry.number == "behind":
        return f"{given.kind} of {given.of}"
    return f"{given.shape[0]} {given.kind}"


def _line(given: Input) -> str:
    """An example of the line that names its columns."""
    if given.has_codes:
        return f"{given.line} {given.name or 'NAME'}"
    tail = f" as {given.name}" if given.name else ""
    return f"{given.line} a b c{tail}" if product(given.shape) > 1 else f"{given.line} a{tail}"


def no_column_for(span: Span, given: Input, place: Span) -> Diagnostic:
    """No line says which columns an input takes."""
    return Diagnostic(
        "E087",
        span,
        f"no line of the section `data` says which columns {_what(given)} takes",
        "",
        f"add a line such as `{_line(given)}`",
        (Related(place, "the input is here"),),
    )


def column_without_input(span: Span, fed: Fed, known: tuple[str, ...]) -> Diagnostic:
    """A line for an input that is not there."""
    names = ", ".join(name for name in known if name)
    detail = f"The inputs are {names}." if names else "The only input has no name."
    what = f"no input is called {fed.input}" if fed.input else "this line does not say which input"
    fix = "name one of them behind `as`" if names else f"write one line `{fed.word}`"
    return Diagnostic("E087", span, what, detail, fix)


def input_fed_twice(span: Span, name: str, first: Span) -> Diagnostic:
    """Two lines for one input."""
    return Diagnostic(
        "E087", span, f"{name or 'the input'} has its columns already",
        "", "remove one of the lines", (Related(first, "the first is here"),),
    )  # fmt: skip


def other_line(span: Span, word: str, given: Input, place: Span) -> Diagnostic:
    """A line of another kind than the input."""
    return Diagnostic(
        "E087",
        span,
        f"a `{word}` column does not fit {_what(given).rstrip(',')}",
        "",
        f"write `{_line(given)}`, or make the input another",
        (Related(place, "the input is here"),),
    )


def column_count(span: Span, columns: int, given: Input, place: Span) -> Diagnostic:
    """More or fewer columns than the input has numbers."""
    return Diagnostic(
        "E087",
        span,
        f"{counted(columns, 'column')} for {counted(product(given.shape), 'number')}",
        f"The input is {_kind(given)}, a place for each column.",
        f"name {counted(product(given.shape), 'column')}, or write `{columns} numbers`",
        (Related(place, "the input is here"),),
    )


def liked_needs_two(span: Span, count: int) -> Diagnostic:
    """`liked` without an input for users and one for items."""
    return Diagnostic(
        "E087",
        span,
        "`liked` is for two inputs: users, and items",
        f"The net has {counted(count, 'input')}.",
        "write `input user one of 671` and `input movie one of 9066`",
    )


def half_of_two(span: Span, there: str, lacking: str) -> Diagnostic:
    """One of two lines that belong together."""
    example = "window 72 ahead 24" if lacking == "window" else f"{lacking} …"
    return Diagnostic(
        "E087", span, f"the section `data` has a line `{there}`, and none `{lacking}`",
        "They belong together.", f"add `{example}`",
    )  # fmt: skip


def series_differ(span: Span, wanted: Shape, found: Shape, place: Span) -> Diagnostic:
    """The input is not so many columns times the window."""
    given = f"The input is {show(found)}." if found else "The net has other inputs."
    return Diagnostic(
        "E087",
        span,
        f"these series are {show(wanted)}: columns x steps of the window",
        given,
        f"write input {show(wanted)}",
        (Related(place, "the input is here"),),
    )


def other_horizon(span: Span, outputs: int, ahead: int, answers: int, series: Span) -> Diagnostic:
    """The net tells more or fewer steps than the data ask for; `answers` are told of each."""
    each = f", {answers} numbers of each" if answers > 1 else ""
    other = f", or write `ahead {outputs // answers}`" if outputs % answers == 0 else ""
    return Diagnostic(
        "E087",
        span,
        f"the net gives {counted(outputs, 'number')}, and the data ask for {ahead} steps ahead"
        + each,
        "",
        f"make the last layer give {ahead * answers}{other}",
        (Related(series, "the series are here"),),
    )


def not_with_series(span: Span, word: str, series: Span) -> Diagnostic:
    """A line for columns of single rows, where windows are read."""
    return Diagnostic(
        "E087",
        span,
        f"a row is a window of series here, which has no `{word}` columns",
        "",
        "name the columns behind `series`, or behind `known` if they are known ahead",
        (Related(series, "the series are here"),),
    )


def no_such_series(span: Span, name: str) -> Diagnostic:
    """A column to be answered that does not go along."""
    return Diagnostic(
        "E087",
        span,
        f"{name} is to be answered, and is none of these series",
        "The net goes on with columns that it has seen.",
        f"name {name} behind `series`, too",
    )


def known_differ(span: Span, name: str, wanted: Shape, found: Shape, place: Span) -> Diagnostic:
    """An input is not so many columns times the steps ahead."""
    given = f"The input is {show(found)}." if found else "The input is of another kind."
    return Diagnostic(
        "E087",
        span,
        f"what is known ahead is {show(wanted)}: columns x steps ahead",
        given,
        f"write input {name} {show(wanted)}",
        (Related(place, "the input is here"),),
    )


def nothing_known(span: Span, given: Input, place: Span) -> Diagnostic:
    """An input beside the window that no line feeds."""
    return Diagnostic(
        "E087",
        span,
        f"no line of the section `data` says which columns {_what(given)} takes",
        "",
        f"add a line such as `known {' '.join('abcdef'[: given.shape[0]])} as {given.name}`",
        (Related(place, "the input is here"),),
    )


E089 = Code(
    "rows that cannot be held out like this",
    "The section `data` says which rows are held out by one line, `validate` or `folds`. Columns "
    "tell it only of tables whose columns feed the inputs, by lines such as `number` or "
    "`category`; and windows of series overlap, so that only their ends can be held out.",
    TRAINED.replace("data digits\n", "data digits\n  validate 20 percent\n  folds 5\n"),
)


def folds_and_validate(span: Span) -> Diagnostic:
    """Rows are held out by two lines."""
    return Diagnostic(
        "E089",
        span,
        "`folds` and `validate` both say which rows are held out",
        "Each fold is held out of one training, and validates it.",
        "keep one of the lines",
    )


def split_needs_columns(span: Span, column: str, fix: str) -> Diagnostic:
    """Images have no columns by which some of them could be held out."""
    return Diagnostic(
        "E089",
        span,
        f"images cannot be held out by the column {column}",
        "Rows have columns where lines such as `number` or `category` name them.",
        f"write `{fix}`",
    )


def series_overlap(span: Span, fix: str) -> Diagnostic:
    """Windows that are held out by chance would be known."""
    return Diagnostic(
        "E089",
        span,
        "windows of series overlap, so what is held out by chance would be known",
        "",
        f"write `{fix}`",
        edits=(Edit.of(span, fix),),
    )
