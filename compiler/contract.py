"""What a layer's code generator returns: its functions, and what they keep."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from lenet.compiler.function import Function
from lenet.compiler.kernels import module_of
from lenet.compiler.target import Target
from lenet.dsl.graph import Node


@dataclass(frozen=True)
class Kernels:
    """The functions of one layer, under NAME in place of its name; None for each that is missing.

    A function NAME_suffix takes what it names among its parameters (see
    compiler/memory/schedule.py):

    arena, weights, gradient  the arrays; gradient is added to
    m                         the offset of the marks of its table's rows in gradient
    batch, sums               of a normalization: what is known of the batch, and sums for it
    w, s, b                   offsets of its trained and its fixed tensors, and into `batch`
    x, y, saved, dy, dx       offsets of a block's input, output, what forward left to backward,
                              and gradients; a layer with several inputs takes x0, x1, … dx0, …
    dz                        what spread makes: the gradient of its own output, before the layers
                              that are fused into it
    scratch                   offset of space that it uses meanwhile
    ready, prepared           an array, and where in it lies what NAME_suffix_prepare has left for
                              each new set of weights; that function knows the array as arena,
                              and in training does a `piece` of so many `pieces` of the work
    blocks                    their number; then it works on several blocks at once
    first, before             the number of the slice's images before these blocks, or this one
    counter                   the place of its first value among those of all layers
    products                  offset of space that gradient leaves to complete
    factors, f                an array for what gradient leaves to late, and where it is to begin

    forward, backward and gradient (of its own tensors) are what they say; spread makes dz, which
    gradient and backward then take for dy; statistics and normalize are what a normalization does
    in training in place of forward, the one before the batch is known and the other after it;
    complete is called at the end for the gradient. late computes the gradient of the weights, which
    then is no work of gradient's, for some rows of them, as compiler/codegen/late.py says; these
    are whole parts of the `late_runs`, (start, rows of a part, parts).

    `saved` are the floats a block that forward leaves to backward; in prediction its offset is
    negative, and nothing is left. A gradient that takes it may leave something there as well.
    `products` are the floats that gradient leaves to complete, `factors` those that it leaves a
    block to late. By suffix, `scratch` and `prepared`
    are the floats of these, and `prepare` the functions that leave the latter. With `overwrites`,
    gradient takes nothing of what was there before the first images, so that nobody has to clear
    it. With `pooled`, gradient's dy is that of all fused layers, and it takes dz by that name if at
    all. Without backward, the inputs have the gradient of the output. With `in_place`, y may lie
    where x or x0 does, and dz, dx or dx0 where dy does.
    """

    forward: Function | None = None
    backward: Function | None = None
    gradient: Function | None = None
    spread: Function | None = None
    statistics: Function | None = None
    normalize: Function | None = None
    complete: Function | None = None
    late: Function | None = None
    saved: int = 0
    products: int = 0
    factors: int = 0
    late_runs: tuple[tuple[int, int, int], ...] = ()
    scratch: Mapping[str, int] = field(default_factory=dict)
    prepare: Mapping[str, Function] = field(default_factory=dict)
    prepared: Mapping[str, int] = field(default_factory=dict)
    in_place: bool = False
    random: bool = False
    training_only: bool = False
    overwrites: bool = False
    pooled: bool = False

    @property
    def functions(self) -> tuple[Function, ...]:
        """In the order in which they are written."""
        found = (self.forward, self.statistics, self.normalize, self.spread, self.gradient,
                 self.backward, self.complete, self.late, *self.prepare.values())  # fmt: skip
        return tuple(function for function in found if function is not None)


@dataclass(frozen=True)
class Request:
    """What a code generator is given: the layer, and where its tensors lie.

    `offsets` are expressions of `w`, the offset of its trained tensors, and `s`, that of its fixed
    ones: so layers that are alike can share functions. Of a single image, inputs may lie
    `by_places`: [row][column][channel]. The gradient of many weights may be `late`.
    """

    node: Node
    offsets: Mapping[str, str]
    target: Target
    by_places: bool = False
    late: bool = False


def content_of(node: Node) -> str:
    """All that a layer's functions depend on but their names: layers of the same share them."""
    parts = (content_of(part) for part in (*node.folded, *node.fused))
    own = replace(node, name="", inputs=(), line=0, file="", folded=(), fused=())
    return f"{own!r} {len(node.inputs)} {len(node.folded)} {' '.join(parts)}"


def identifiers(layers: Iterable[str]) -> dict[str, str]:
    """A Python name for each layer, all different."""
    names: dict[str, str] = {}
    taken = {"predict", "late"}  # predict_single and late_gradient are the module's own
    for number, layer in enumerate(layers):
        name = "".join(c if c.isascii() and c.isalnum() else "_" for c in layer)
        while name in taken:
            name = f"{name}_{number}"
        taken.add(name)
        names[layer] = name
    return names


def emit_layer(request: Request) -> Kernels:
    """The functions that the module of the layer's kind makes."""
    kernels = module_of(request.node.kind).emit(request)
    assert isinstance(kernels, Kernels)
    return kernels


FORWARD = ("arena", "weights", "w", "x", "y")
BACKWARD = ("arena", "weights", "w", "dy", "dx")
GRADIENT = ("arena", "gradient", "w", "x", "dy")
