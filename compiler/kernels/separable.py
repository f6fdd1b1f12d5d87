"""separable: a convolution by channels and one of single places behind it, put together by the pass
fuse_separable, in prediction."""

from dataclasses import dataclass, replace

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels import module_of
from lenet.compiler.kernels.convolution.correlation_row import Input
from lenet.compiler.kernels.convolution.direct import forward
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import geometry
from lenet.compiler.kernels.shared.packed import PACKED
from lenet.compiler.memory.layout import FIRST, offsets_of
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.registry import Layer
from lenet.dsl.shapes import product

LAYER = Layer(
    name="separable",
    summary="A convolution by channels, and one of single places that takes it row by row.",
    example="",
    family="convolution",
    composite=True,
)
_MOST = 2**20  # bytes of a row of all channels of sixteen images: it is to stay in the cache


def fits(first: Node, last: Node) -> bool:
    """Whether the rows of `first` can be made where `last`, which is behind it, needs them."""
    can = getattr(module_of(first.kind), "makes_rows", None)
    if can is None or not can(first) or PACKED not in last.arguments:
        return False
    one_place = last.bare_shape[1:] == first.shape[1:] and last.arguments["stride"] == (1, 1)
    row = product(first.shape) // first.shape[1] * LANES * 4
    return one_place and row <= _MOST


@dataclass(frozen=True)
class _Made(Input):
    """Rows of all channels that the first convolution makes, each when it is needed."""

    @property
    def copied(self) -> bool:
        """They are made in the place of copies."""
        return True

    def copies(self, at: str) -> str:
        """The statement that makes a row."""
        return f"{NAME}_row(arena, weights, w{FIRST}, x, {at}, top)\n"


def emit(request: Request) -> Kernels:
    """x (channels, height, width), y (outputs, height, width) or what is fused behind it. There is
    no way back."""
    first, last = request.node.fused
    offsets = {name: at.replace("w", f"w{FIRST}") for name, at in offsets_of(first).items()}
    row = module_of(first.kind).emit_row(Request(first, offsets, request.target))
    behind = Request(last, offsets_of(last), request.target)
    g = geometry(behind)
    given = _Made("", g.inputs, g.height, g.width, 1, g.outputs)
    made = forward(behind, g, Epilogue.of(last), given)
    function = made.function
    function = replace(
        function,
        parameters=(*function.parameters, f"w{FIRST}"),
        tiles=f"{row.source(NAME)}\n\n{function.tiles}",
    )
    return Kernels(
        forward=function,
        scratch={"forward": made.scratch},
        prepare={"forward": made.prepare} if made.prepare else {},
        prepared={"forward": made.prepared} if made.prepare else {},
    )
