"""torchvision's nets beside ours, with their weights: the largest differences of their answers from
those of double precision.

    python bench/torchvision_names.py [NET …] [--write]

Each of torchvision's nets gets random weights, normalizations with statistics of random pictures,
and a safetensors file; `lenet import` makes a model of it and of the spec of the same net, by
specs/names. Both answer the same random picture, bytes of 224x224. With --write, the names and the
shapes of their tensors are written for the tests, which have no torchvision.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import lenet  # noqa: E402
from lenet.runtime.weights.imported import import_weights  # noqa: E402

LISTS = ROOT / "tests" / "runtime" / "weights" / "torchvision"
# Our specs, and what torchvision calls these nets.
NETS = {
    "alexnet": "alexnet",
    "convnext-t": "convnext_tiny",
    "densenet121": "densenet121",
    "efficientnet-b0": "efficientnet_b0",
    "googlenet": "googlenet",
    "mobilenet2": "mobilenet_v2",
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "squeezenet": "squeezenet1_1",
    "vgg11": "vgg11",
    "vgg16": "vgg16",
}
# As its trained weights are used: GoogLeNet turns the usual normalization into its own.
OPTIONS: dict[str, dict[str, Any]] = {
    "googlenet": {"init_weights": False, "transform_input": True, "aux_logits": True}
}
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def torchvision_models() -> Any:
    """torchvision.models. Where PyTorch is built for processors only and torchvision for graphics
    cards, its operations cannot be loaded; none of these nets has one, but their names are asked
    for."""
    try:
        import torchvision
    except RuntimeError:
        global _operations  # they are there for as long as this is
        _operations = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            _operations.define(f"{name}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        import torchvision
    return torchvision.models


def pictures(count: int) -> Any:
    """Bytes, (count, 3, 224, 224)."""
    return np.random.default_rng(count).integers(0, 256, (count, 3, 224, 224), np.uint8)


def normalized(bytes_: Any) -> Any:
    """As torchvision's weights want them, in double precision."""
    mean, deviation = (torch.tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
    return (torch.tensor(bytes_).double() / 255 - mean) / deviation


def random_net(models: Any, ours: str) -> Any:
    """One of torchvision's, that answers as a trained one does."""
    torch.manual_seed(1)
    net = getattr(models, NETS[ours])(weights=None, **OPTIONS.get(ours, {}))
    normalizations = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for layer in normalizations:
        torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
        torch.nn.init.normal_(layer.bias, 0, 0.2)
        layer.momentum = None  # the mean of all batches
        layer.reset_running_stats()
    for name, parameter in net.named_parameters():
        if name.endswith("layer_scale"):
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    if normalizations:
        with torch.no_grad():
            net.train()(normalized(pictures(4)).float())
    return net.eval()


def compare(net: Any, ours: str, folder: Path) -> tuple[int, float, float, float]:
    """The tensors that were taken; the largest difference of log-probabilities from those that
    PyTorch gives in double precision, of ours and of its own in float32; and how far these are
    apart."""
    spec, file = ROOT / "specs" / f"{ours}.lenet", folder / f"{ours}.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in net.state_dict().items()}, file)
    network = lenet.load(spec)
    found = import_weights(network.graph, spec, file, {})
    file.unlink()
    picture = pictures(1)
    image = normalized(picture)
    with torch.no_grad():
        theirs = torch.log_softmax(net(image.float()), 1).numpy()
        exact = torch.log_softmax(net.double()(image), 1).numpy()
    differences = [float(np.abs(answers - exact).max())
                   for answers in (found.model.outputs(picture), theirs)]  # fmt: skip
    return len(found.match.taken), *differences, float(np.ptp(exact))


def main() -> None:
    """A row for each net."""
    parser = argparse.ArgumentParser()
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(NETS)}")
    parser.add_argument("--write", action="store_true", help="write the tests' lists")
    arguments = parser.parse_args()
    models = torchvision_models()
    print(f"PyTorch {torch.__version__}")
    print(f"{'net':17}tensors  ours     PyTorch's  of answers that are apart by")
    with tempfile.TemporaryDirectory() as folder:
        for ours in arguments.nets or NETS:
            net = random_net(models, ours)
            if arguments.write:
                lines = [f"{name} {'x'.join(map(str, t.shape)) or '-'} {str(t.dtype)[6:]}"
                         for name, t in net.state_dict().items()]  # fmt: skip
                LISTS.mkdir(exist_ok=True)
                (LISTS / f"{ours}.txt").write_text("\n".join(lines) + "\n")
            taken, mine, theirs, apart = compare(net, ours, Path(folder))
            print(f"{ours:17}{taken:7}  {mine:.1e}  {theirs:.1e}    {apart:.3g}", flush=True)


if __name__ == "__main__":
    main()
