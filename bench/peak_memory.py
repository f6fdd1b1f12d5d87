"""The most memory that training takes, beside PyTorch: nets of specs/, at 224x224.

    python bench/peak_memory.py [--nets alexnet ...] [--batch 32]

Prints a table, and needs `pip install -e ".[bench]"`. Each trains for a few steps of sgd with
momentum in a process of its own, with all threads, on made-up images; what the process has had in
memory at the most counts, Python and libraries included. PyTorch is eager, in channels-last.
"""

import argparse
import resource
import subprocess
import sys

from report import markdown
from sized import network_of

from lenet.runtime.machine.cores import available_cores

_SIZE = 224
_STEPS = 3


def ours(name: str, batch: int) -> None:
    from lenet.compiler.jit.cache import load
    from lenet.compiler.pipeline import compile_graph
    from lenet.runtime.bench import images_for, training_speeds

    graph = network_of(name, _SIZE, batch).graph
    loaded = load(compile_graph(graph))
    images = images_for(graph, batch)
    training_speeds(graph, loaded, images, [(batch, available_cores())], 0.0)


def pytorch(name: str, batch: int) -> None:
    import torch
    from pytorch import build
    from torch import nn

    torch.set_num_threads(available_cores())
    network = network_of(name, _SIZE, batch)
    net = build(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.rand(batch, *network.graph.input).to(memory_format=torch.channels_last)
    labels = torch.arange(batch) % network.graph.output[0]
    optimizer = torch.optim.SGD(net.parameters(), 0.01, 0.9)
    for _ in range(_STEPS):
        optimizer.zero_grad()
        nn.functional.nll_loss(net(x), labels).backward()
        optimizer.step()


WAYS = {"lenet": ours, "PyTorch": pytorch}


def peak(who: str, name: str, batch: int) -> float:
    """MiB."""
    command = [sys.executable, __file__, "--nets", name, "--batch", str(batch), "--only", who]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", nargs="+", default=["alexnet", "vgg11", "resnet18", "resnet50"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--only", choices=WAYS, help="train in this process")
    given = parser.parse_args()
    if given.only:
        WAYS[given.only](given.nets[0], given.batch)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    rows = []
    for name in given.nets:
        found = [peak(who, name, given.batch) for who in WAYS]
        rows.append([name, *(f"{mib:,.0f}" for mib in found), f"{found[0] / found[1]:.2f}"])
    print(markdown(["net", *(f"{who}, MiB" for who in WAYS), "ratio"], rows, 1))


if __name__ == "__main__":
    main()
