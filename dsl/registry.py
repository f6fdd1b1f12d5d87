"""What a layer is to the language: words, arguments, shapes, parameters, documentation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from lenet.dsl.inputs import Input
from lenet.dsl.messages.absent import absent, plain
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.sections import SECTIONS
from lenet.dsl.shapes import Shape, product
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.vocabulary import Entry, Registry, Use

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A tensor of a layer: `name` within it, and `shape` as it is saved.

    Initial values are `initial`, or drawn as its word says, or uniform where it is None, and then
    scaled by the number of inputs that each output sees (`fan_in`). `trained` tells whether the
    optimizer changes it.
    `mask` has a row for each output and tells which inputs it sees: the others' weights are 0.
    `pytorch` is its name in PyTorch, where it has another. `fan_out` is how many outputs see each
    input, where that does not follow from the shape; `axis` that of the outputs. With `by_rows` it
    lies in memory as it is saved, each row in one piece.
    """

    name: str
    shape: Shape
    fan_in: int = 1
    initial: float | tuple[float, ...] | Use | None = None
    trained: bool = True
    mask: tuple[tuple[bool, ...], ...] | None = None
    pytorch: str = field(default="", compare=False, repr=False)
    fan_out: int = field(default=0, repr=False)
    axis: int = field(default=0, repr=False)
    by_rows: bool = field(default=False, repr=False)

    @property
    def count(self) -> int:
        """Its trained values."""
        if not self.trained:
            return 0
        if self.mask is None:
            return product(self.shape)
        return sum(map(sum, self.mask)) * product(self.shape[2:])


@dataclass(frozen=True)
class Argument:
    """A value that follows a layer's name (positional) or the option's word.

    `kind` is sizes (whole numbers joined by x, as many as `counts` allows), real, choice, table
    (the name of one), factor (a real one behind an x: `rate x 0.1`), switch (the word alone), or
    word: one of a `registry`, with its own values. `words` are accepted in place of a number, such
    as `all`. An argument whose default is None and that is not optional
    must be given. `aliases` are others' words for it. A constant of the name of one of its words is
    meant where one stands, if it `yields`. A switch may be two words: `second` is the other.
    """

    name: str
    doc: str
    kind: str = "sizes"
    counts: tuple[int, ...] = (1,)
    least: int = 1
    low: float = 0.0
    high: float = float("inf")
    words: tuple[str, ...] = ()
    default: Any = None
    optional: bool = False
    aliases: tuple[str, ...] = ()
    registry: Registry[Any] | None = None
    yields: bool = False
    second: str = ""

    @property
    def written(self) -> str:
        """Its word, or both."""
        return f"{self.name} {self.second}" if self.second else self.name

    @property
    def expected(self) -> str:
        if self.registry is not None:
            return f"one of {', '.join(self.registry)}"
        if self.kind == "choice":
            return " or ".join(self.words)
        if self.kind == "real":
            return "a number"
        if self.kind == "factor":
            return f"a factor, like {self.name} x 0.1"
        if self.kind == "switch":
            return f"then `{self.second}`" if self.second else "nothing"
        if self.kind == "table":
            return "the name of a table"
        forms = {1: "one whole number", 2: "two sizes, like 3x3", 3: "three sizes, like 6x5x5"}
        return " or ".join([*(forms[count] for count in self.counts), *self.words])


@dataclass
class Context:
    """What a shape rule sees: the inputs, the bound arguments, and where they stand.

    A layer that joins paths has several inputs, whose lines are `paths`; others have one.
    """

    line: Line
    inputs: tuple[Shape, ...]
    source: str
    arguments: Arguments
    spans: dict[str, Span]
    paths: tuple[Line, ...] = ()
    warnings: list[Diagnostic] = field(default_factory=list)
    codes: Input | None = None  # whose values these are numbers of

    @property
    def input(self) -> Shape:
        return self.inputs[0]

    def span(self, argument: str) -> Span:
        return self.spans.get(argument, self.line.keyword.span)


def _no_parameters(shape: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    return ()


def _no_macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return 0


def _never(arguments: Arguments) -> bool:
    return False


def always(arguments: Arguments) -> bool:
    """Of a layer that needs to know where a text ends, whatever its line says."""
    return True


def _unknown(arguments: Arguments) -> int | None:
    return None


def kept(arguments: Arguments) -> int | None:
    """Of a layer that does the same at each step."""
    return 0


def _same_shape(context: Context) -> Shape:
    return context.input


Family = Literal[
    "input", "convolution", "dense", "radial", "recurrent", "pooling", "activation",
    "normalization", "regularization", "shape", "join",
]  # fmt: skip
Pooled = Literal["", "largest", "mean"]
Channels = Literal["", "own", "kept", "grown"]
Outputs = Literal["scores", "probabilities", "log-probabilities", "distances"]


@dataclass(frozen=True, kw_only=True)
class Layer(Entry):
    """A layer's entry in the vocabulary.

    `infer` gives the output shape or raises Refused; `parameters(input shape, arguments)` the
    trained tensors; `macs(input, output, arguments)` the multiply-adds of one forward pass of
    one image.

    The others are its traits, which is all that passes, checks and pictures ask of a layer:

    family       what it is to a reader; in pictures, a family has one colour
    gives        what a net's outputs are whose last layer it is, for its loss
    elementwise  each value is a function of one value at the same place, without weights
    monotonic    such a function keeps the order of values, and so commutes with max-pooling
    bounds       those of the values that an activation gives, where it has any
    pools        what of each window it gives, where that is all that it does
    joins        it joins the `path`s of its body; `sign` is what it is in pictures
    stacks       of those that join: the channels of all paths, so that there are more than before
    rearranges   it keeps every value and its place in memory: only the shape is another
    normalizes   it uses the mean and the variance of the whole batch
    foldable     its weights and its bias can do the work of a normalization behind it
    takes_in     whether its kernels can compute elementwise layers behind it as well
    in_paths     it is for a path of a join, since it may leave nothing of an image
    composite    it does nothing but what the layers do that are fused into it
    projects     it has projections around it, which a pass computes as layers of their own
    steps        it goes along the steps of a sequence, and takes nothing else
    recurrent    it may be several layers in one, and go both ways (dsl/recurrent.py)
    reads_codes  it takes the numbers of words or categories, which other layers may not
    ends         it needs to know where a text ends, and is given its codes as a second input; of
                 what pools, that is where it has one window
    channels     what it does with those of its input: it makes its "own", of all of them; it has
                 "kept" each of them by itself, with what its tensors hold for that one; or they
                 have "grown", with zeros behind them
    shortens     how many steps fewer of what it gives are known, or None where padding is mixed in
    """

    arguments: tuple[Argument, ...] = ()
    options: tuple[Argument, ...] = ()
    infer: Callable[[Context], Shape] = _same_shape
    parameters: Callable[[Shape, Arguments], tuple[Parameter, ...]] = _no_parameters
    macs: Callable[[Shape, Shape, Arguments], int] = _no_macs
    family: Family
    gives: Outputs = "scores"
    elementwise: bool = False
    monotonic: bool = False
    bounds: tuple[float, float] | None = None
    pools: Pooled = ""
    joins: bool = False
    sign: str = ""
    stacks: bool = False
    rearranges: bool = False
    normalizes: bool = False
    foldable: bool = False
    takes_in: bool = False
    in_paths: bool = False
    composite: bool = False
    projects: bool = False
    steps: bool = False
    recurrent: bool = False
    reads_codes: bool = False
    channels: Channels = ""
    ends: Callable[[Arguments], bool] = _never
    shortens: Callable[[Arguments], int | None] = _unknown

    @property
    def keeps_channels(self) -> bool:
        """Whether each channel of its output is made of one of its input alone."""
        return self.channels == "kept" or self.elementwise or bool(self.pools)

    @property
    def sized(self) -> bool:
        """Whether its first argument is the number of its outputs."""
        return any(a.name == "size" and a.counts == (1,) for a in self.arguments[:1])


# What is no layer, but stands where a layer does: how it is written, and what it means.
STRUCTURE = {
    "block": ("block NAME(width, step = 1)", "layers under a name of their own, with sizes as "
              "parameters; it is used like a layer, `basic 32 step 2`"),
    "repeat": ("repeat 3 as stage1", "the lines of its body so many times, one after the other"),
    "path": ("path", "one of the ways that a layer such as `add` joins; an empty one passes its "
             "input on"),
    "table": ("table NAME", "which input maps (a row each) each output map (a column each) sees: "
              "X or ., for `conv 16x5x5 connect NAME`"),
    "let": ("let width = 16", "a constant; `--set width=32` overrides it"),
    "import": ('import "blocks.lenet"', "another file's blocks, tables and constants, not its net"),
    "expect": ("expect 22278 parameters", "asserts the number of trained parameters"),
}  # fmt: skip


_LAYERS: Registry[Layer] = Registry("lenet.dsl.layers", "LAYER")


def layers() -> Registry[Layer]:
    """Every layer by name."""
    return _LAYERS


@lru_cache(maxsize=8)
def _by_plain(names: tuple[str, ...]) -> Mapping[str, str]:
    return {plain(name): name for name in names}


def suggest_layer(word: str, others: Iterable[str] = ()) -> str | None:
    """Our word for another framework's, or the closest spelling; `others` are blocks."""
    blocks = _by_plain(tuple(others))
    if plain(word) in blocks:
        return blocks[plain(word)]
    ours = _by_plain(tuple(layers())).get(plain(word))
    if ours is not None:
        return ours
    if word.lower() in layers().aliases:
        return layers().aliases[word.lower()]
    if absent("layer", word) is not None:
        return None
    return closest(word, [*layers(), *STRUCTURE, *SECTIONS, *blocks.values()])
