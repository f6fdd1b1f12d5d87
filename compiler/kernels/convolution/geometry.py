"""What the ways to compute a convolution have in common."""

from dataclasses import dataclass

from lenet.compiler.contract import Request
from lenet.compiler.function import Function


@dataclass(frozen=True)
class Geometry:
    """Sizes of a convolution; memory is [channel][row][column][lane], [in][row][column][out]."""

    inputs: int
    height: int
    width: int
    outputs: int
    out_height: int
    out_width: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @property
    def weight_row(self) -> int:
        """Floats from one row of a kernel to the next."""
        return self.kernel[1] * self.outputs

    @property
    def weight_channel(self) -> int:
        """Floats from one input's weights to the next one's."""
        return self.kernel[0] * self.weight_row


def geometry(request: Request) -> Geometry:
    """The sizes of the convolution itself, before what is fused behind it."""
    node = request.node
    _, kernel_height, kernel_width = node.arguments["size"]
    inputs, height, width = node.given
    outputs, out_height, out_width = node.bare_shape
    return Geometry(
        inputs,
        height,
        width,
        outputs,
        out_height,
        out_width,
        (int(kernel_height), int(kernel_width)),
        node.arguments["stride"],
        node.arguments["pad"],
    )


@dataclass(frozen=True)
class Direction:
    """A function, the floats that it needs meanwhile, and what has to be prepared for it."""

    function: Function
    scratch: int = 0
    prepare: Function | None = None
    prepared: int = 0


@dataclass(frozen=True)
class Gradient:
    """The function NAME_gradient, and what completes its gradients at the end of a slice: tiles,
    and the statements of a function; `products` are the floats that it leaves them. See Kernels for
    `pooled`."""

    function: Function
    scratch: int = 0
    tiles: str = ""
    complete: str = ""
    products: int = 0
    pooled: bool = False
