"""What all optimizers have in common: a rule for vectors of parameters, made a compiled function.

Each is a module of this folder, under the name that the language has for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.optimizers.exact import Terms, larger, load_lanes, over_columns
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import FLOAT, INT32, INT64, broadcast, data_pointer, store_lanes
from lenet.compiler.simd.loops import Carried
from lenet.dsl.vocabulary import Use, carried_out

OUT_OF_RANGE, NOT_FINITE = 1, 2
_INFINITY = 0x7F800000


@dataclass(frozen=True)
class Rule:
    """How an optimizer changes the parameters, with the options of its line.

    `step(gradients, rows, parts, owners, first, last, factor, weights, states, settings)` changes
    the parameters first … last by the mean gradient, which is what sum_exactly makes as a float32,
    and returns 0, or OUT_OF_RANGE, or NOT_FINITE where a weight no longer is. Its `states`, so many
    float32 a parameter, are 0 at first. `settings(rate, number)` are the float32 that it takes for
    a step, the `number`-th from 1.
    """

    step: Entry
    states: int
    settings: Callable[[float, int], Sequence[SupportsFloat]]


def rule_of(optimizer: Use) -> Rule:
    """What a module of this folder makes of an optimizer's line."""
    rule = carried_out("lenet.compiler.optimizers", optimizer.name).rule_of(optimizer)
    assert isinstance(rule, Rule)
    return rule


def power(base: float, exponent: int) -> float:
    """By repeated squaring in float64, so that it has the same bits on every machine."""
    result = 1.0
    while exponent:
        if exponent & 1:
            result *= base
        exponent >>= 1
        base *= base
    return result


def updating(rule: Callable[..., list[Any]], states: int, settings: int) -> Any:
    """An intrinsic with the arguments of Rule.step.

    `rule` gets the builder and vectors of mean gradients, weights, states and settings, so many of
    each; it returns the new weights and states.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        terms = Terms(context, builder, sig, args)
        state = context.make_array(sig.args[8])(context, builder, args[8])
        size = builder.extract_value(state.shape, 1)
        arrays = [data_pointer(context, builder, sig.args[7], args[7])]
        arrays += [
            builder.gep(state.data, [builder.mul(size, INT64(number))]) for number in range(states)
        ]
        data = data_pointer(context, builder, sig.args[9], args[9])
        given = [builder.load(builder.gep(data, [INT64(number)])) for number in range(settings)]

        def update(column: Any, width: int, largest: Carried) -> Carried:
            floats = ir.VectorType(FLOAT, width)
            slope, bits = terms.mean(column, width, largest[0])
            old = [load_lanes(builder, data, column, floats) for data in arrays]
            new = rule(builder, slope, *old, *[broadcast(builder, s, floats) for s in given])
            for data, value in zip(arrays, new, strict=True):
                store_lanes(builder, value, data, column, aligned=False)
            return [bits, larger(builder, largest[1], new[0])]

        slope, weight = over_columns(builder, args[4], args[5], 2, update)
        finite = builder.icmp_signed("<", weight, INT32(_INFINITY))
        code = builder.select(finite, INT64(0), INT64(NOT_FINITE))
        return builder.select(terms.in_range(slope), code, INT64(OUT_OF_RANGE))

    @intrinsic
    def update(
        typing_context: Any, gradients: Any, rows: Any, parts: Any, owners: Any, first: Any,
        last: Any, factor: Any, weights: Any, states: Any, settings: Any,
    ) -> Any:  # fmt: skip
        i, f = types.int64, types.float64
        return i(gradients, rows, parts, owners, i, i, f, weights, states, settings), generate

    return update
