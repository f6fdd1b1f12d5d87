"""What the ways to compute a convolution have in common."""

from dataclasses import dataclass

from lenet.compiler.contract import Request
from lenet.compiler.function import Function
from lenet.compiler.target import LANES
from lenet.dsl.padding import sides_of
from lenet.dsl.windows import reach


@dataclass(frozen=True)
class Geometry:
    """Sizes of a convolution; memory is [channel][row][column][lane], [in][row][column][out].

    Where it has groups, `inputs` and `outputs` are those of one of them. `padding` is what lies
    above and on the left: what lies on the other sides follows from the sizes.
    """

    inputs: int
    height: int
    width: int
    outputs: int
    out_height: int
    out_width: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def all_outputs(self) -> int:
        """Those of all groups, whose weights lie side by side."""
        return self.outputs * self.groups

    @property
    def weight_row(self) -> int:
        """Floats from one row of a kernel to the next."""
        return self.kernel[1] * self.all_outputs

    @property
    def weight_channel(self) -> int:
        """Floats from one input's weights to the next one's."""
        return self.kernel[0] * self.weight_row

    @property
    def reach(self) -> tuple[int, int]:
        """Rows and columns from the first place of the kernel to the last."""
        return reach(self.kernel, self.dilation)

    @property
    def hangs(self) -> bool:
        """Whether the kernel hangs over the upper or the lower border."""
        below = (self.out_height - 1) * self.stride[0] - self.padding[0] + self.reach[0]
        return self.padding[0] > 0 or below > self.height

    @property
    def x_group(self) -> int:
        """Floats from one group's input to the next one's."""
        return self.inputs * self.height * self.width * LANES

    @property
    def y_group(self) -> int:
        """The same of its output."""
        return self.outputs * self.out_height * self.out_width * LANES


def geometry(request: Request) -> Geometry:
    """The sizes of the convolution itself, before what is fused behind it."""
    node = request.node
    _, kernel_height, kernel_width = node.arguments["size"]
    inputs, height, width = node.given
    outputs, out_height, out_width = node.bare_shape
    (above, _), (left, _) = sides_of(node.arguments["pad"])
    groups = node.arguments["groups"] or 1
    return Geometry(
        inputs // groups,
        height,
        width,
        outputs // groups,
        out_height,
        out_width,
        (int(kernel_height), int(kernel_width)),
        node.arguments["stride"],
        (above, left),
        node.arguments["dilate"] or (1, 1),
        groups,
    )


def in_groups(g: Geometry, **places: tuple[str, int]) -> tuple[dict[str, str], str]:
    """What names the places of a group, and the head of the loop over groups that finds them.

    `places` are (the first group's, floats from one to the next). Without groups the first one's
    are all, and there is no loop.
    """
    if g.groups == 1:
        return {name: start for name, (start, _) in places.items()}, ""
    head = f"for group in range({g.groups}):\n"
    for name, (start, step) in places.items():
        head += f"    {name}_group = {start} + group * {step}\n"
    return {name: f"{name}_group" for name in places}, head


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
