"""Words and categories: embeddings, and pools that know where a text ends, against float64 numpy;
gradients against finite differences of that."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import TOTALS
from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.training.batches import keys_of
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.runtime.training.single import Single
from nets import unwritten_gradient

WORDS, KNOWN, ROWS = 9, 11, 21
Tensors = dict[str, np.ndarray]


@dataclass
class Case:
    """A net that is trained to give numbers, with rows and weights."""

    graph: Graph
    loaded: Loaded
    weights: np.ndarray
    rows: np.ndarray
    targets: np.ndarray

    @property
    def tensors(self) -> Tensors:
        found = to_tensors(self.loaded.program, self.weights)
        return {name: value.astype(np.float64) for name, value in found.items()}

    def trained(self) -> Tensors:
        """The gradients of the sum of the losses."""
        program = self.loaded.program
        arena, gradient = aligned_floats(program.train_floats), unwritten_gradient(program)
        arena[:] = np.nan
        self.train(arena, gradient, np.arange(len(self.rows)))
        return to_tensors(program, gradient[: program.parameter_count])

    def train(self, arena: np.ndarray, gradient: np.ndarray, order: np.ndarray) -> None:
        """That of some rows, in place of what was there."""
        one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        self.loaded.train_slice(self.rows.dtype)(
            arena, self.weights, gradient, frozen(self.rows), frozen(self.targets), order, one,
            zero, keys_of(np.uint64(1), order), aligned_floats(0), np.zeros(TOTALS),
        )  # fmt: skip

    def outputs(self, single: bool) -> np.ndarray:
        program = self.loaded.program
        found = np.zeros((len(self.rows), program.outputs.count), np.float32)
        one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        if not single:
            arena = aligned_floats(program.predict_floats)
            arena[:] = np.nan
            order = np.arange(len(self.rows))
            self.loaded.predict_slice(self.rows.dtype)(
                arena, self.weights, frozen(self.rows), order, one, zero, True, found
            )
            return found
        for row in range(len(self.rows)):
            alone = Single(self.loaded)
            alone.arena[:] = np.nan
            alone.run(self.weights, frozen(self.rows), row, Normalization(one, zero), found)
        return found


def case_of(net: str, rows: np.ndarray) -> Case:
    graph = check_graph(f"{net}train\n  loss mse\n  rate 0.1\n", "t")
    loaded = load(compile_graph(graph))
    weights = initial_weights(loaded.program, 3)
    targets = np.random.default_rng(5).normal(size=(len(rows), 2)).astype(np.float32)
    return Case(graph, loaded, weights, rows.astype(np.float32), targets)


def texts() -> np.ndarray:
    """Of all lengths, also 0; some words are not known."""
    random = np.random.default_rng(1)
    rows = random.integers(0, KNOWN + 1, (ROWS, WORDS))
    for row, length in enumerate(random.integers(0, WORDS + 1, ROWS)):
        rows[row, length:] = -1
    rows[0], rows[1, 0], rows[1, 1:] = -1, 3, -1
    return rows


def embedded(codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(size, words); what has no row is 0."""
    table = np.vstack([weight, np.zeros((2, weight.shape[1]))])
    return table[np.where((codes >= 0) & (codes < len(weight)), codes, len(weight))].T


def convolved(x: np.ndarray, t: Tensors) -> np.ndarray:
    weight = t["conv1.weight"][:, :, 0]
    steps = x.shape[1] - weight.shape[2] + 1
    windows = np.stack([x[:, k : k + steps] for k in range(weight.shape[2])], axis=2)
    return np.tanh(np.einsum("oik,isk->os", weight, windows) + t["conv1.bias"][:, None])


def known_of(codes: np.ndarray, steps: int) -> int:
    return max(1, int((codes >= 0).sum()) - (WORDS - steps))


POOLS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "maxpool all": lambda x, known: x[:, :known].max(axis=1),
    "avgpool all": lambda x, known: x[:, :known].mean(axis=1),
    "last": lambda x, known: x[:, known - 1],
}


def linear(x: np.ndarray, t: Tensors) -> np.ndarray:
    return t["linear1.weight"] @ x + t["linear1.bias"]


def check_case(case: Case, forward: Callable[[np.ndarray, Tensors], np.ndarray]) -> None:
    tensors = case.tensors

    def outputs() -> np.ndarray:
        return np.stack([forward(row, tensors) for row in case.rows])

    expected = outputs()
    blocks, single = case.outputs(single=False), case.outputs(single=True)
    assert np.array_equal(blocks, single)
    assert np.abs(blocks - expected).max() < 1e-5
    got = case.trained()
    random, step = np.random.default_rng(2), 1e-5
    for name, tensor in tensors.items():
        flat = tensor.reshape(-1)
        for place in random.permutation(flat.size)[:12]:
            losses = []
            for sign in (1, -1):
                flat[place] += sign * step
                # `mse` is the mean over a row's answers.
                losses.append(((outputs() - case.targets) ** 2).mean(axis=1).sum())
                flat[place] -= sign * step
            slope = (losses[0] - losses[1]) / (2 * step)
            found = got[name].reshape(-1)[place]
            assert found == pytest.approx(slope, rel=1e-3, abs=1e-4), (name, place)


@pytest.mark.parametrize("pool", POOLS)
def test_pools_of_texts(pool: str) -> None:
    net = f"input {WORDS} words of {KNOWN}\nembed 4 with other\nconv 5x3\ntanh\n{pool}\nlinear 2\n"

    def forward(row: np.ndarray, t: Tensors) -> np.ndarray:
        codes = row.astype(int)
        y = convolved(embedded(codes, t["embed1.weight"]), t)
        return linear(POOLS[pool](y, known_of(codes, y.shape[1])), t)

    check_case(case_of(net, texts()), forward)


def test_unknown_words_are_nothing() -> None:
    net = f"input {WORDS} words of {KNOWN}\nembed 4\navgpool all\nlinear 2\n"

    def forward(row: np.ndarray, t: Tensors) -> np.ndarray:
        codes = row.astype(int)
        assert t["embed1.weight"].shape == (KNOWN, 4)
        x = embedded(codes, t["embed1.weight"])
        return linear(POOLS["avgpool all"](x, known_of(codes, WORDS)), t)

    check_case(case_of(net, texts()), forward)


def test_bags_of_words() -> None:
    net = f"input {WORDS} words of {KNOWN}\nbag\nlinear 2\n"

    def forward(row: np.ndarray, t: Tensors) -> np.ndarray:
        codes = row.astype(int)
        return linear(np.array([(codes == k).sum() for k in range(KNOWN)]), t)

    check_case(case_of(net, texts()), forward)


def test_several_inputs() -> None:
    net = (
        "input a one of 5\ninput b one of 7\ninput c some of 6\ninput d 3 numbers\nconcat\n"
        "  path from a\n    embed 3\n  path from b\n    onehot\n  path from c\n    embed 2\n"
        "  path from c\n    onehot\n  path from d\n  path\n    dot\n      path from a\n"
        "        embed 3\n      path from b\n        embed 3\nlinear 2\n"
    )
    random = np.random.default_rng(4)
    rows = np.concatenate(
        [random.integers(0, 6, (ROWS, 1)), random.integers(0, 8, (ROWS, 1)),
         random.integers(0, 2, (ROWS, 6)), random.normal(size=(ROWS, 3))], axis=1,
    )  # fmt: skip
    rows[0, 2:8] = 0  # an empty set

    def forward(row: np.ndarray, t: Tensors) -> np.ndarray:
        a, b, marks = int(row[0]), int(row[1]), row[2:8].astype(float)
        weights = [t[f"concat1.path{k}.embed1.weight"] for k in (1, 3)]
        dots = [t[f"concat1.path6.dot1.path{k}.embed1.weight"] for k in (1, 2)]
        one = np.zeros(7)
        one[b : b + 1] = 1
        parts = [
            embedded(np.array([a]), weights[0])[:, 0], one,
            marks @ weights[1] / max(1, marks.sum()), marks, row[8:],
            [(embedded(np.array([a]), dots[0]) * embedded(np.array([b]), dots[1])).sum()],
        ]  # fmt: skip
        return linear(np.concatenate(parts), t)

    check_case(case_of(net, rows), forward)


def test_a_gradient_takes_the_place_of_another() -> None:
    """Only the rows that the other one touched are cleared."""
    case = case_of(
        f"input {WORDS} words of {KNOWN}\nembed 4 with other\nflatten\nlinear 2\n", texts()
    )
    program = case.loaded.program
    spaces = [unwritten_gradient(program) for _ in range(2)]
    arena = aligned_floats(program.train_floats)
    case.train(arena, spaces[0], np.arange(ROWS))
    for order in (np.arange(2, 4), np.arange(0)):
        for space in spaces:
            case.train(arena, space, order)
        assert np.array_equal(*spaces)
    assert not spaces[0].any()
