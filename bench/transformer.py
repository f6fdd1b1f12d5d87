"""The training step of specs/transformer.lenet beside the same net in PyTorch.

    python bench/transformer.py [--rounds 7]

Prints images a second, medians of rounds in which all take turns in one process, with two threads,
on made-up images in memory; and the ratio to the best of PyTorch, eager and compiled. Steps are
those of adamw, in the spec's batches.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

import lenet
from lenet.compiler.jit.cache import load as load_program
from lenet.compiler.pipeline import compile_graph
from lenet.runtime.bench import images_for, training_speeds

SPEC = Path(__file__).parents[1] / "specs" / "transformer.lenet"
_TURN = 2.0  # seconds


class Encoder(nn.Module):
    """The block `encoder 64 4`; steps are (images, steps, channels)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.wide = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.one(x)
        x = x + self.attention(z, z, z, need_weights=False)[0]
        return x + self.wide(self.two(x))


class Transformer(nn.Module):
    """The whole net."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, 64, 7, 7)
        self.position = nn.Parameter(0.02 * torch.randn(16, 64))
        self.layers = nn.Sequential(*(Encoder(64, 4) for _ in range(4)))
        self.norm, self.score = nn.LayerNorm(64), nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patches(x).flatten(2).mT + self.position
        return self.score(self.norm(self.layers(x)).mean(1))


def step_of(compiled: bool, batch: int) -> Callable[[], None]:
    """A training step, on the same images again and again."""
    net = Transformer()
    count = sum(p.numel() for p in net.parameters())
    assert count == lenet.load(str(SPEC)).graph.parameter_count, count
    optimizer = torch.optim.AdamW(net.parameters(), 0.001, weight_decay=0.05, fused=True)
    images, labels = torch.rand(batch, 1, 28, 28), torch.randint(0, 10, (batch,))
    model = torch.compile(net) if compiled else net

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    for _ in range(3):
        step()
    return step


def speed_of(step: Callable[[], None], batch: int) -> float:
    """Images a second, by the median of a turn's steps."""
    taken: list[float] = []
    while sum(taken) < _TURN or len(taken) < 3:
        started = time.perf_counter()
        step()
        taken.append(time.perf_counter() - started)
    return batch / statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(2)
    graph = lenet.load(str(SPEC)).graph
    assert graph.train is not None
    batch = graph.train.batch
    loaded, images = load_program(compile_graph(graph)), images_for(graph, batch)
    ours = [(batch, 2)]
    theirs = {name: step_of(name == "compiled", batch) for name in ("eager", "compiled")}
    found: dict[str, list[float]] = {"lenet": [], "eager": [], "compiled": []}
    for _ in range(rounds):
        found["lenet"] += training_speeds(graph, loaded, images, ours, _TURN)
        for name, step in theirs.items():
            found[name].append(speed_of(step, batch))
    ratios = [
        own / max(eager, compiled) for own, eager, compiled in zip(*found.values(), strict=True)
    ]
    for name, speeds in found.items():
        print(f"{name:9}{statistics.median(speeds):8,.0f} images/s")
    print(f"lenet is {statistics.median(ratios):.2f} times as fast as the best of PyTorch")


if __name__ == "__main__":
    main()
