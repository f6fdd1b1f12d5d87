"""Nets for numeric tests: compiled kernels on one side, the float64 reference on the other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.losses.code import loss_of
from lenet.compiler.optimizers.exact import FRACTION_BITS, sum_exactly
from lenet.compiler.passes.sequences_as_maps import sequences_as_maps
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import TOTALS, Program
from lenet.dsl import registry
from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph
from lenet.dsl.losses import LOSSES as registry_of_losses
from lenet.dsl.shapes import as_image, channels_of, product
from lenet.dsl.vocabulary import Use
from lenet.runtime.data.dataset import Images
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training.batches import Batches, keys_of
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.feed import Part
from lenet.runtime.training.fixed_point import LOSS_UNIT
from lenet.runtime.training.late import LateGradients
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import folded_weights, initial_weights, to_tensors
from lenet.runtime.training.phases import PhasedStep
from lenet.runtime.training.prepared import Prepared
from lenet.runtime.training.single import Single
from reference import Net

SCALE, SHIFT = 1 / 64, -1.5
ACTIVATIONS = [layer.name for layer in registry.layers().values() if layer.family == "activation"
               and layer.elementwise]  # fmt: skip


@dataclass
class Case:
    """A net with random images, its weights, and the same net as a reference."""

    graph: Graph
    loaded: Loaded
    weights: np.ndarray
    pixels: np.ndarray
    labels: np.ndarray
    reference: Net
    predicting: Net
    importance: np.ndarray | None = None  # of each image, where the net's loss is weighted
    others: np.ndarray | None = None  # labels, where images are mixtures, and the shares of both
    shares: np.ndarray | None = None
    as_given: bool = False  # whether the net sees the pixels, float32, as they are

    def sums(self, rows: np.ndarray, key: int = 1):
        """(sum of losses and hits, flat sum of gradients) of some images, by the kernels."""
        program = self.loaded.program
        if len(program.phases) > 1:
            return self._phased_sums(rows, key)
        train_slice = self.loaded.train_slice(self.pixels.dtype)
        arena = aligned_floats(program.train_floats)
        arena[:] = np.nan  # nothing may be read before it is written
        gradient = unwritten_gradient(program)
        totals = np.full(TOTALS, np.nan)
        scale, shift = self.normalization()
        arrays = frozen(self.pixels.reshape(len(self.pixels), -1)), frozen(self.labels)
        if self.shares is not None:
            arrays = (*arrays, frozen(self.others), frozen(self.shares))
        elif program.weighted:
            arrays = (*arrays, frozen(self.importance))
        prepared = Prepared(self.loaded, 1)
        prepared.floats[:] = np.nan
        prepared.fill(Team(1), 1, self.weights)
        factors = []
        if program.late:
            late = LateGradients(self.loaded, 1, len(rows), 1)
            late.begin([len(rows)])
            factors = [late.factors[0]]
        train_slice(
            arena, self.weights, gradient, *factors, *arrays, rows.astype(np.int64), scale, shift,
            keys_of(np.uint64(key), rows), prepared.floats, totals,
        )  # fmt: skip
        if program.late:
            late.fill(gradient)
        return totals[:2], gradient[: program.parameter_count]

    def _phased_sums(self, rows: np.ndarray, key: int):
        """The same of a net with batch normalization, which is trained in phases."""
        program, count = self.loaded.program, len(rows)
        phased = PhasedStep(self.loaded, self.pixels.dtype, 1, 1, count, Alone())
        phased.arenas[0][:] = phased.prepared.floats[:] = np.nan
        shape = (-1, *as_image(self.graph.input))
        images = Images(self.pixels.reshape(shape), self.labels)
        batch = Batches(images, Normalization(*self.normalization()), None)
        own = [Part(batch, rows.astype(np.int64), np.uint64(key))]
        total = np.zeros(program.parameter_count + 2, np.int64)
        weights = self.weights.copy()
        parts = phased.run(Team(1), weights, own, count, total)
        assert sum_exactly(*parts, 0, program.parameter_count, 1 / count, total)
        self.after = weights
        gradient = (total[:-2] * (count * 2.0**-FRACTION_BITS)).astype(np.float32)
        return np.array([total[-2] / LOSS_UNIT * count, total[-1]]), gradient

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
        outputs = np.zeros((len(self.pixels), program.outputs.count), np.float32)
        scale, shift = self.normalization()
        self.loaded.predict_slice(self.pixels.dtype)(
            arena, self.folded(), frozen(self.pixels.reshape(len(self.pixels), -1)),
            np.arange(len(self.pixels)), scale, shift, True, outputs,
        )  # fmt: skip
        return outputs

    def folded(self) -> np.ndarray:
        return folded_weights(self.loaded.program, self.weights)

    def single_outputs(self, threads: int = 1) -> np.ndarray:
        """The outputs of the images one by one."""
        program = self.loaded.program
        outputs = np.zeros((len(self.pixels), program.outputs.count), np.float32)
        normalization = Normalization(*self.normalization())
        pixels = frozen(self.pixels.reshape(len(self.pixels), -1))
        for row in range(len(pixels)):
            single = Single(self.loaded, worth=0)
            single.arena[:] = np.nan
            single.run(self.folded(), pixels, row, normalization, outputs, Team(threads))
        return outputs

    def values(self) -> np.ndarray:
        """The images as the net sees them, float64."""
        scale, shift = (1, 0) if self.as_given else (np.float32(SCALE), np.float32(SHIFT))
        values = self.pixels.astype(np.float64) * scale + shift
        shape = self.graph.input
        return values.reshape(-1, *as_image(shape)) if len(shape) == 2 else values

    def normalization(self):
        channels = channels_of(self.graph.input)
        scale, shift = (1, 0) if self.as_given else (SCALE, SHIFT)
        return np.full(channels, scale, np.float32), np.full(channels, shift, np.float32)


def unwritten_gradient(program: Program) -> np.ndarray:
    """A gradient in which nothing may be read before it is written, but the rows of tables."""
    gradient = aligned_floats(program.gradient_floats)
    gradient[: program.parameter_count] = np.nan
    for table in program.tables:
        gradient[table.offset : table.offset + table.size] = 0
    return gradient


def variations(names: Iterable[str], large: Collection[str]) -> list[Any]:
    """Parameters of a test, of which those that are `large` are left to `make large`."""
    marks = pytest.mark.large
    return [pytest.param(name, marks=marks) if name in large else name for name in names]


def spec_of(chain: str) -> str:
    """A spec in one line: `;` ends a line, each dot before one stands for two spaces."""
    lines = (line.strip() for line in chain.split(";"))
    return "\n".join(
        "  " * (len(line) - len(line.lstrip("."))) + line.lstrip(".") for line in lines
    )


def make_case(
    spec: str, images: int = 37, seed: int = 0, imports: Mapping[str, str] | None = None,
    values: np.ndarray | None = None,
) -> Case:  # fmt: skip
    """`values` are what the net is given, as float32, in place of random images."""
    graph = check_graph(spec, "test.lenet", imports=imports)
    loaded = load(compile_graph(graph))
    weights = initial_weights(loaded.program, seed + 1)
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (images, *graph.input), np.uint8)
    if values is not None:
        pixels = values.astype(np.float32)
    labels = labels_of(graph, random, len(pixels))
    # What begins as 0 or 1 would hide mistakes.
    weights[loaded.program.parameter_count :] += random.uniform(
        0, 0.5, weights[loaded.program.parameter_count :].size
    ).astype(np.float32)
    for slot in loaded.program.slots:
        initial = slot.parameter.initial
        if slot.parameter.trained and initial is not None and not isinstance(initial, Use):
            part = weights[slot.offset : slot.offset + slot.size]
            part += random.uniform(-0.5, 0.5, slot.size).astype(np.float32)
    tensors = to_tensors(loaded.program, weights)
    net = reference_net(graph, tensors)
    return Case(
        graph, loaded, weights, pixels, labels, net, reference_net(graph, tensors, running=True),
        as_given=values is not None,
    )  # fmt: skip


def labels_of(graph: Graph, random: np.random.Generator, images: int) -> np.ndarray:
    """Classes by chance, or other answers that the net's loss takes."""
    outputs = product(graph.output)
    if graph.answers == "class":
        return random.integers(0, outputs, images).astype(np.int32)
    if graph.answers == "places":
        places = product(graph.output[1:])
        return random.integers(0, graph.output[0], (images, places)).astype(np.float32)
    use = loss_of(graph)
    loss = registry_of_losses[use.name]
    wanted = random.normal(0, 1, (images, outputs // loss.outputs_of(use)))
    if graph.answers == "yes or no":
        wanted = wanted > 0
    elif loss.high == 1:  # shares, of which some are 0
        wanted = np.maximum(wanted, 0) + 0.01 * (np.arange(wanted.shape[1]) == 0)
        wanted /= wanted.sum(axis=1, keepdims=True)
    elif loss.low == 0:
        wanted = np.floor(3 * np.abs(wanted))
    return wanted.astype(np.float32)


def reference_net(graph: Graph, tensors: dict[str, np.ndarray], running: bool = False) -> Net:
    """`running` normalizes by the running statistics, as in prediction. Sequences are maps."""
    graph = sequences_as_maps(graph)
    layers = []
    names = {graph.nodes[0].name: ""}
    for node in graph.nodes[1:]:
        parameters = {
            p.name: tensors[f"{node.name}.{p.name}"].astype(np.float64) for p in node.parameters
        }
        a = node.arguments
        attributes = dict(a)
        if node.kind == "conv":
            attributes = {
                "kernel": tuple(map(int, a["size"][1:])),
                "stride": a["stride"],
                "padding": a["pad"],
                "dilation": a["dilate"] or (1, 1),
                "groups": a["groups"] or 1,
                "bias": a["bias"] == "yes",
            }
        if node.kind == "upconv":
            attributes = {
                "kernel": tuple(map(int, a["size"][1:])),
                "stride": a["stride"],
                "padding": a["pad"],
                "dilation": a["dilate"] or (1, 1),
                "extra": a["extra"] or (0, 0),
                "bias": a["bias"] == "yes",
            }
        if node.kind == "depthwise":
            attributes = {
                "kernel": a["window"],
                "stride": a["stride"],
                "padding": a["pad"],
                "dilation": a["dilate"] or (1, 1),
                "groups": node.given[0],
                "bias": a["bias"] == "yes",
            }
        if node.kind == "maxpool":
            attributes["padding"] = a["pad"]
        if registry.layers()[node.kind].rearranges:
            attributes = {"shape": node.shape}
        if node.kind == "shortcut":
            attributes = {"width": node.shape[0], "stride": a["stride"]}
        if node.kind == "slice":
            first = int(a["first"][0])
            attributes = {"part": (first, first + node.shape[0])}
        if node.kind == "shuffle":
            attributes = {"groups": int(a["groups"][0])}
        if node.kind == "batchnorm":
            attributes["running"] = running
        kind = node.kind
        if registry.layers()[kind].reads_codes:
            attributes["shape"] = node.shape
        if "short" in a and len(node.shape) == 1:
            kind = f"{kind} of a text"
        inputs = [names[i] for i in node.inputs]
        layers.append((node.name, kind, attributes, parameters, inputs))
        names[node.name] = node.name
        if registry.layers()[node.kind].pools and len(node.shape) == 1 and kind == node.kind:
            flat = names[node.name] = f"{node.name}_flat"
            layers.append((flat, "reshape", {"shape": node.shape}, {}, [node.name]))
    return Net(layers)
