"""Initial weights, named tensors and their digest."""

import hashlib

import numpy as np
import pytest

from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.runtime.training.parameters import digest, from_tensors, initial_weights, to_tensors

SPEC = """\
input 3x12x10
conv 20x3x5 as first
conv 7x1x1 bias no as second
reshape 7*10*6
linear 90 as hidden
linear 4 as score
logsoftmax
"""
FAN_IN = {"first": 3 * 3 * 5, "second": 20, "hidden": 420, "score": 90}
SHAPES = {
    "first.weight": (20, 3, 3, 5),
    "first.bias": (20,),
    "second.weight": (7, 20, 1, 1),
    "hidden.weight": (90, 420),
    "hidden.bias": (90,),
    "score.weight": (4, 90),
    "score.bias": (4,),
}


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_graph(check_graph(SPEC, "test.lenet"))


def initial(program: Program, seed: int = 1) -> dict[str, np.ndarray]:
    return to_tensors(program, initial_weights(program, seed))


def test_names_and_shapes(program: Program) -> None:
    assert {name: tensor.shape for name, tensor in initial(program).items()} == SHAPES


def test_initial_weights_lie_within_one_over_the_root_of_fan_in(program: Program) -> None:
    for name, tensor in initial(program).items():
        bound = 1 / np.sqrt(FAN_IN[name.split(".")[0]])
        assert np.abs(tensor).max() <= np.float32(bound), name
        if tensor.size > 100:
            assert np.abs(tensor).max() > 0.95 * bound, name


def test_initial_weights_are_uniform(program: Program) -> None:
    weights = initial(program)["hidden.weight"] * np.sqrt(FAN_IN["hidden"])
    counts, _ = np.histogram(weights, bins=20, range=(-1, 1))
    expected = weights.size / 20
    # Chi squared of 19 degrees of freedom goes beyond 44 once in a thousand times.
    assert ((counts - expected) ** 2 / expected).sum() < 44
    assert len(np.unique(weights)) > 0.99 * weights.size


def test_a_seed_always_gives_the_same_weights(program: Program) -> None:
    assert initial_weights(program, 5).tobytes() == initial_weights(program, 5).tobytes()


def test_seeds_and_tensors_differ(program: Program) -> None:
    one, two = initial(program, 1), initial(program, 2)
    for name in SHAPES:
        assert (one[name] == two[name]).mean() < 0.01, name
    units = [one[n].ravel()[:4] * np.sqrt(FAN_IN[n.split(".")[0]]) for n in SHAPES]
    for k, unit in enumerate(units):
        assert not any(np.allclose(unit, other) for other in units[:k])


def test_a_tensor_keeps_its_weights_when_another_layer_changes(program: Program) -> None:
    other = compile_graph(check_graph(SPEC.replace("linear 90", "linear 80"), "test.lenet"))
    np.testing.assert_array_equal(initial(program)["first.weight"], initial(other)["first.weight"])


def test_there_and_back_again(program: Program) -> None:
    weights = initial_weights(program, 3)
    back = from_tensors(program, to_tensors(program, weights))
    assert back.tobytes() == weights.tobytes()
    assert back.ctypes.data % 64 == 0


def test_tensors_are_copies(program: Program) -> None:
    weights = initial_weights(program, 3)
    before = weights.copy()
    for tensor in to_tensors(program, weights).values():
        assert tensor.dtype == np.float32 and tensor.flags.c_contiguous
        tensor[:] = 0
    np.testing.assert_array_equal(weights, before)


def test_a_tensor_may_lie_in_memory_in_any_way(program: Program) -> None:
    tensors = initial(program)
    turned = {name: np.asfortranarray(tensor) for name, tensor in tensors.items()}
    assert from_tensors(program, turned).tobytes() == initial_weights(program, 1).tobytes()
    assert digest(turned) == digest(tensors)


def test_a_missing_or_wrong_tensor_is_named(program: Program) -> None:
    tensors = initial(program)
    for bad in (tensors["hidden.bias"][:-1], tensors["hidden.bias"].astype(np.float64)):
        with pytest.raises(LenetError, match="the tensor hidden.bias does not fit the net"):
            from_tensors(program, {**tensors, "hidden.bias": bad})
    del tensors["hidden.bias"]
    with pytest.raises(LenetError, match="lacks the tensor hidden.bias"):
        from_tensors(program, tensors)


def test_the_digest_is_that_of_the_contract(program: Program) -> None:
    """SHA-256 over the tensors sorted by name: name bytes, then little-endian float32 bytes."""
    tensors = initial(program)
    data = b"".join(
        name.encode() + tensors[name].astype("<f4").tobytes(order="C") for name in sorted(tensors)
    )
    expected = hashlib.sha256(data).hexdigest()
    assert digest(tensors) == expected
    assert digest(dict(reversed(tensors.items()))) == expected


def test_the_digest_sees_every_bit(program: Program) -> None:
    tensors = initial(program)
    changed = tensors["score.bias"].copy()
    changed.view(np.uint32)[2] ^= 1
    assert digest({**tensors, "score.bias": changed}) != digest(tensors)
