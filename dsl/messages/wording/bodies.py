"""Blocks, paths, imports and tables."""

from collections.abc import Sequence

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Related
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Span

E060 = Code(
    "a block that contains itself",
    "Blocks are written out where they are used, so this would never end.",
    "block twice\n  tanh\n  twice\ninput 8\ntwice\n",
)


def recursive_block(span: Span, name: str, chain: Sequence[str]) -> Diagnostic:
    """A block uses itself, directly or by the blocks of `chain`, which begins with it."""
    way = " -> ".join((*chain, name))
    return Diagnostic(
        "E060",
        span,
        f"the block `{name}` contains itself",
        f"The way is {way}, and so on without an end.",
        "write `repeat` for a fixed number of times",
    )


E061 = Code(
    "a block named like something else",
    "The word would mean two things at the beginning of a line.",
    "block conv(n)\n  linear n\ninput 8\ntanh\n",
)


def block_is_layer(span: Span, name: str, what: str) -> Diagnostic:
    """A block has the name of a layer or of another word that begins a line."""
    return Diagnostic(
        "E061",
        span,
        f"a {what} cannot be called `{name}`",
        "That word has a meaning already.",
        "choose another name",
    )


E062 = Code(
    "an empty body",
    "A `block` or `repeat` without lines below it does nothing: most likely they are not indented.",
    "input 8\nrepeat 3\ntanh\n",
)


def empty_body(span: Span, keyword: str, example: str) -> Diagnostic:
    """A `block` or a `repeat` has no lines below it."""
    return Diagnostic(
        "E062",
        span,
        f"`{keyword}` has no lines below it",
        "What belongs to it is indented below.",
        f"for example\n{example}",
    )


E063 = Code(
    "paths that are missing or misplaced",
    "Layers such as `add` join two or more `path`s, which stand indented below them, with the "
    "layers of each below the path. An empty path passes its input on.",
    "input 8\nadd\n  linear 8\n  tanh\n",
)


def path_outside(span: Span) -> Diagnostic:
    """A `path` stands below no layer that joins."""
    return Diagnostic(
        "E063",
        span,
        "this `path` belongs to nothing",
        "Paths stand below a layer that joins them, such as `add`.",
        "indent it below such a layer",
    )


def not_a_path(span: Span, keyword: str, join: str, join_span: Span) -> Diagnostic:
    """Another line than `path` stands right below a layer that joins."""
    return Diagnostic(
        "E063",
        span,
        f"`{join}` joins paths, but this is `{keyword}`",
        "The layers of each way stand below a line `path`.",
        "put a line `path` above it, and indent it below",
        (Related(join_span, f"the `{join}` is here"),),
    )


def too_few_paths(span: Span, join: str, count: int) -> Diagnostic:
    """A join has one path, or none."""
    what = {0: "no path", 1: "a single path"}[count]
    return Diagnostic(
        "E063",
        span,
        f"`{join}` has {what} to join",
        "It takes two or more; an empty `path` passes its input on.",
        f"for example\n{join}\n  path\n    conv 6x3x3 pad 1\n  path",
    )


E064 = Code(
    "paths that do not fit together",
    "The paths that are joined give the same shape; those of `concat` may differ in their "
    "channels only. In a sum or a product, a path may give one value for each channel.",
    "input 4x8x8\nadd\n  path\n    conv 4x3x3\n  path\n",
)


def paths_differ(
    join: str, one: tuple[int, Shape, Span], other: tuple[int, Shape, Span], need: str
) -> Diagnostic:
    """Another path's shape does not fit that of one. They are given by their numbers, from 1 on,
    their shapes and their places; `need` is what this join asks of its paths."""
    (first, shape, place), (number, given, span) = one, other
    fix = "change one of them, for example with `shortcut` or `pad`"
    if len(shape) == 3 and len(given) == 1:
        fix = f"end path {number} with a map, such as by `reshape`"
        if "channel" in need and given[0] != shape[0]:
            fix = f"let path {number} give {shape[0]} values, such as by `linear {shape[0]}`"
    return Diagnostic(
        "E064",
        span,
        f"the paths of `{join}` do not fit together",
        f"Path {first} gives {show(shape)}, path {number} gives {show(given)}; {need}.",
        fix,
        (Related(place, f"path {first} gives {show(shape)}"),),
    )


E065 = Code(
    "an import that cannot be read",
    "The path starts at the folder of the importing file.",
    'import "blocks.lenet"\ninput 8\ntanh\n',
)


def cannot_import(span: Span, path: str, why: str, fix: str = "") -> Diagnostic:
    """An imported file is missing, unreadable or one too many; `why` is a sentence."""
    return Diagnostic(
        "E065",
        span,
        f"cannot import {path}",
        why,
        fix or "the path starts at the folder of this file",
    )


E066 = Code(
    "files that import each other",
    "What they share belongs into a third file, which both import.",
    "",
)


def import_cycle(span: Span, chain: Sequence[str]) -> Diagnostic:
    """Files import each other; `chain` begins and ends with the same one."""
    return Diagnostic(
        "E066",
        span,
        "these files import each other",
        " -> ".join(chain),
        "move what they share into a file of its own",
    )


E067 = Code(
    "a connection table that cannot be read",
    "A table has a row for each input map and a column for each output map, of X and ., and "
    "every output map sees at least one input map.",
    "table t\n  X . X\n  X X\ninput 2x8x8\nconv 3x3x3 connect t\n",
)


def bad_cell(span: Span, text: str) -> Diagnostic:
    """A place of a table is neither X nor a dot."""
    return Diagnostic(
        "E067",
        span,
        f"I did not expect `{text}` in a table",
        "Each place of a table is X (connected) or . (not), with spaces between.",
        "write X or .",
    )


def ragged_table(span: Span, count: int, first: int) -> Diagnostic:
    """A table's row is longer or shorter than its first."""
    return Diagnostic(
        "E067",
        span,
        f"this row has {count} places, the first has {first}",
        "A table has a row for each input map and a column for each output map.",
        "make all rows of the same length",
    )


def empty_table(span: Span) -> Diagnostic:
    """A table has no rows."""
    return Diagnostic(
        "E067", span, "this table has no rows", "", "write rows of X and . below it, indented"
    )


def unconnected(span: Span, output: int) -> Diagnostic:
    """A column of a table has no X. `output` counts from 1."""
    return Diagnostic(
        "E067",
        span,
        f"output map {output} of this table sees nothing",
        "Its column has no X.",
        "connect it, or remove the column",
    )


E068 = Code(
    "a connection table of another size than its layer",
    "It needs as many rows as the layer has input maps, and as many columns as it has output maps.",
    "table t\n  X X\n  X .\ninput 2x8x8\nconv 3x3x3 connect t\n",
)


def table_differs(
    span: Span, name: str, table: tuple[int, int], layer: tuple[int, int], table_span: Span
) -> Diagnostic:
    """A layer has other numbers of maps, (input, output), than its table has rows and columns."""
    return Diagnostic(
        "E068",
        span,
        f"the table `{name}` does not fit this layer",
        f"It has {table[0]} rows and {table[1]} columns, for so many input and output maps; "
        f"here are {layer[0]} input and {layer[1]} output maps.",
        "change the table or the layer",
        (Related(table_span, "the table is here"),),
    )


E069 = Code(
    "a shortcut to fewer channels",
    "A shortcut has no parameters: it can add channels of zeros, but not choose which ones to "
    "leave out.",
    "input 8x4x4\nshortcut 4\n",
)


def fewer_channels(span: Span, wanted: int, given: Shape, source: str) -> Diagnostic:
    """A shortcut to fewer channels than its input has."""
    return Diagnostic(
        "E069",
        span,
        f"`shortcut` cannot leave out channels: {wanted} are fewer than {given[0]}",
        f"{source} gives {show(given)}, and new channels are filled with zeros.",
        f"write at least {given[0]}, or use `conv {wanted}x1x1`",
    )


E070 = Code(
    "fixed codes that do not fit",
    "ascii7x12 are bitmaps of the ten digits, 7 pixels wide and 12 high: 84 values each.",
    "input 64\nrbf 10 codes ascii7x12\n",
)


def no_codes(span: Span, inputs: int, outputs: int, limit: int) -> Diagnostic:
    """An `rbf` with fixed codes whose inputs are not their values, or with more than `limit`
    outputs."""
    return Diagnostic(
        "E070",
        span,
        "the codes ascii7x12 do not fit this layer",
        f"They are 7x12 = 84 values for each of at most {limit} digits; here are {inputs} inputs "
        f"and {outputs} outputs.",
        "write `linear 84` before it and at most `rbf 10`, or leave `codes` out",
    )
