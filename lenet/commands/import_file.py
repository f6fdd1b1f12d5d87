"""`lenet import`: nets and weights of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Set
from lenet.commands.import_net import import_onnx_net
from lenet.commands.import_text import DARKNET, TEXTS, import_text
from lenet.commands.import_weights import import_of_spec

_MODEL = Path("model.safetensors")


File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="net.onnx, net.cfg of Darknet, net.prototxt of Caffe, or a .safetensors file of "
        "PyTorch's tensors, with --spec.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        metavar="NET",
        help="The .lenet file; the model lies beside it. With --spec, the model's file.",
    ),
]
Spec = Annotated[
    Path | None,
    typer.Option("--spec", metavar="SPEC", help="The .lenet file whose weights FILE has."),
]
Names = Annotated[
    Path | None,
    typer.Option(metavar="TXT", help="With --spec: a line `ours theirs` for each layer."),
]
Classes = Annotated[
    Path | None, typer.Option(metavar="TXT", help="The classes' names, one a line.")
]
Weights = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Darknet's file of weights for a net.cfg.")
]
Input = Annotated[
    str, typer.Option("--input", metavar="SHAPE", help="An image's shape in FILE: 3x224x224.")
]
End = Annotated[
    str, typer.Option("--output", metavar="NAME", help="A value of the ONNX file: the end.")
]
White = Annotated[
    float | None, typer.Option(help="What white is in the images of an ONNX file: 1 or 255.")
]
Mean = Annotated[
    str,
    typer.Option(
        metavar="NUMBERS",
        help="By which images are normalized before they get there, white being 1: "
        "'0.485 0.456 0.406'.",
    ),
]
Deviation = Annotated[str, typer.Option(metavar="NUMBERS", help="The same: '0.229 0.224 0.225'.")]
Numbers = Annotated[
    bool, typer.Option("--numbers", help="The net answers with numbers, not with a class.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]


def import_file(
    file: File, output: Output = None, spec: Spec = None, names: Names = None,
    classes: Classes = None, weights: Weights = None, shape: Input = "", value: End = "",
    white: White = None, mean: Mean = "", deviation: Deviation = "", numbers: Numbers = False,
    set_: Set = None, force: Force = False,
) -> None:  # fmt: skip
    """Read the net of another program, or weights for a net.

    A net becomes a .lenet file, and what FILE has of its weights a model beside it. With --spec,
    FILE has the weights only: each tensor of the net must be in it with its shape. A .pt or .pth is
    a program, and is not read.
    """
    kind = file.suffix.lower()
    if spec is not None:
        import_of_spec(file, spec, output or _MODEL, names, classes, set_, force)
        return
    if kind not in (".onnx", *TEXTS):
        raise typer.BadParameter(
            f"--spec: name the .lenet file of the net whose weights {file} has"
        )
    net = output or file.with_suffix(".lenet")
    if net.suffix.lower() != ".lenet":
        raise typer.BadParameter(f"-o: name a file that ends in .lenet, not {net}")
    if weights is not None and kind != DARKNET:
        raise typer.BadParameter("--weights goes with a net.cfg of Darknet")
    if kind in TEXTS:
        import_text(file, net, _shape(shape), weights, force)
        return

    from lenet.runtime.imports.onnx.imported import Wanted

    normal = _numbers("--mean", mean), _numbers("--deviation", deviation)
    if bool(mean) != bool(deviation):
        raise typer.BadParameter("--mean and --deviation go together")
    wanted = Wanted(_shape(shape), value, white, *normal, numbers, _lines_of(classes))
    import_onnx_net(file, net, wanted, force)


def _shape(text: str) -> tuple[int, ...] | None:
    parts = text.lower().split("x") if text else []
    if not all(part.isascii() and part.isdigit() and int(part[:9]) > 0 for part in parts):
        raise typer.BadParameter(f"--input takes a shape such as 3x224x224, not {text}")
    return tuple(map(int, parts)) or None


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.replace(",", " ").split()))
    except ValueError:
        raise typer.BadParameter(
            f"{option} takes numbers with spaces between, not {text}"
        ) from None


def _lines_of(path: Path | None) -> tuple[str, ...]:
    """Of a file of names."""
    if path is None:
        return ()
    from lenet.runtime.weights.imported import read_classes

    return read_classes(path)
