"""Nets for numeric tests: compiled kernels on one side, the float64 reference on the other."""

from dataclasses import dataclass

import numpy as np

from compiler.cache import Loaded, load
from compiler.pipeline import compile_graph
from dsl.check import check_graph
from dsl.graph import Graph
from reference import Net
from runtime.arrays import aligned_floats, frozen
from runtime.parameters import initial_weights, to_tensors

SCALE, SHIFT = 1 / 64, -1.5


@dataclass
class Case:
    """A net with random images, its weights, and the same net as a reference."""

    graph: Graph
    loaded: Loaded
    weights: np.ndarray
    pixels: np.ndarray
    labels: np.ndarray
    reference: Net

    def sums(self, rows: np.ndarray, key: int = 1):
        """(sum of losses and hits, flat sum of gradients) of some images, by the kernels."""
        program = self.loaded.program
        assert self.loaded.train_slice is not None
        arena = aligned_floats(program.train_floats)
        arena[:] = np.nan  # nothing may be read before it is written
        gradient = aligned_floats(program.parameter_count)
        gradient[:] = np.nan
        totals = np.full(2, np.nan)
        scale, shift = self.normalization()
        self.loaded.train_slice(
            arena, self.weights, gradient, frozen(self.pixels.reshape(len(self.pixels), -1)),
            frozen(self.labels), rows.astype(np.int64), scale, shift, np.uint64(key), True, totals,
        )  # fmt: skip
        return totals, gradient

    def kernels(self, rows: np.ndarray | None = None, key: int = 1):
        """(mean loss, gradients by name, hits) by the compiled kernels."""
        rows = np.arange(len(self.pixels)) if rows is None else rows
        totals, gradient = self.sums(rows, key)
        tensors = to_tensors(self.loaded.program, gradient)
        mean = {name: tensor / len(rows) for name, tensor in tensors.items()}
        return totals[0] / len(rows), mean, totals[1]

    def outputs(self) -> np.ndarray:
        program = self.loaded.program
        arena = aligned_floats(program.predict_floats)
        arena[:] = np.nan
        outputs = np.zeros((len(self.pixels), program.classes), np.float32)
        scale, shift = self.normalization()
        self.loaded.predict_slice(
            arena, self.weights, frozen(self.pixels.reshape(len(self.pixels), -1)),
            np.arange(len(self.pixels)), scale, shift, True, outputs,
        )  # fmt: skip
        return outputs

    def single_outputs(self) -> np.ndarray:
        """The outputs of the images one by one."""
        program = self.loaded.program
        outputs = np.zeros((len(self.pixels), program.classes), np.float32)
        scale, shift = self.normalization()
        pixels = frozen(self.pixels.reshape(len(self.pixels), -1))
        for row in range(len(pixels)):
            arena = aligned_floats(program.single_floats)
            arena[:] = np.nan
            self.loaded.predict_single(arena, self.weights, pixels, row, scale, shift, outputs)
        return outputs

    def values(self) -> np.ndarray:
        """The images as the net sees them, float64."""
        return self.pixels.astype(np.float64) * np.float32(SCALE) + np.float32(SHIFT)

    def normalization(self):
        channels = self.graph.input[0] if len(self.graph.input) == 3 else 1
        return np.full(channels, SCALE, np.float32), np.full(channels, SHIFT, np.float32)


def make_case(spec: str, images: int = 37, seed: int = 0) -> Case:
    graph = check_graph(spec, "test.lenet")
    loaded = load(compile_graph(graph))
    weights = initial_weights(loaded.program, seed + 1)
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (images, *graph.input), np.uint8)
    labels = random.integers(0, graph.output[0], images).astype(np.int32)
    net = reference_net(graph, to_tensors(loaded.program, weights))
    return Case(graph, loaded, weights, pixels, labels, net)


def reference_net(graph: Graph, tensors: dict[str, np.ndarray]) -> Net:
    layers = []
    for node in graph.nodes[1:]:
        parameters = {
            p.name: tensors[f"{node.name}.{p.name}"].astype(np.float64) for p in node.parameters
        }
        a = node.arguments
        attributes = {
            "conv": lambda a=a: {
                "kernel": tuple(map(int, a["size"][1:])),
                "stride": a["stride"],
                "padding": a["pad"],
                "bias": a["bias"] == "yes",
            },
            "maxpool": lambda a=a: {
                "window": a["window"], "stride": a["stride"], "padding": a["pad"]
            },
            "avgpool": lambda a=a: {"window": a["window"], "stride": a["stride"]},
            "dropout": lambda a=a: {"probability": a["probability"]},
            "reshape": lambda node=node: {"shape": node.shape},
        }.get(node.kind, dict)()  # fmt: skip
        layers.append((node.name, node.kind, attributes, parameters))
        if node.kind == "avgpool" and len(node.shape) == 1:
            layers.append((f"{node.name}_flat", "reshape", {"shape": node.shape}, {}))
    return Net(layers)
