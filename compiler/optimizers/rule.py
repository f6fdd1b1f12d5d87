"""What all optimizers have in common: a rule for vectors of parameters, made a compiled function.

Each is a module of this folder, under the name that the language has for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from lenet.compiler.optimizers.exact import (
    Terms,
    columns_in_turn,
    larger,
    load_lanes,
    over_columns,
)
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import (
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    broadcast,
    data_pointer,
    store_lanes,
)
from lenet.compiler.simd.loops import Carried
from lenet.dsl.vocabulary import Use, carried_out

OUT_OF_RANGE, NOT_FINITE = 1, 2
_INFINITY = 0x7F800000


@dataclass(frozen=True)
class Whole:
    """What a rule does that looks at all parameters at once, before a step.

    `gather`, which takes what `step` does, leaves the gradient in the first state of each
    parameter; and `direct(states, before, rate)` works on all states, (states, parameters), from
    that and from what it was `before`. It makes the step, the second state, which then is times
    the rate of each layer. All workers do so, and get the same.
    """

    gather: Entry
    direct: Callable[[NDArray[np.float32], NDArray[np.float32], float], None]


@dataclass(frozen=True)
class Rule:
    """How an optimizer changes the parameters, with the options of its line.

    `step(gradients, rows, parts, owners, first, last, factor, weights, states, settings)` changes
    the parameters first … last by the mean gradient, which is what sum_exactly makes as a float32,
    and returns 0, or OUT_OF_RANGE, or NOT_FINITE where a weight no longer is. Its `states`, so many
    float32 a parameter, are 0 at first. `settings(rate, number)` are the float32 that it takes for
    a step, the `number`-th from 1; behind them come those of every rule, see `shaped`.

    Where the step of a tensor depends on all of it, `measure`, which takes what `step` does and an
    array of two float64, leaves there the sums of the squares of its weights and of something
    else, and `trust` makes of their roots, with the options, one more setting, the last of its own.
    Where it depends on all parameters, there is a `whole`.
    """

    step: Entry
    states: int
    settings: Callable[[float, int], Sequence[SupportsFloat]]
    measure: Entry | None = None
    trust: Callable[[float, float], float] | None = None
    whole: Whole | None = None


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


SHAPES = 4  # settings of every rule, behind its own: the arguments of `shaped`


def shaped(b: ir.IRBuilder, g: Any, w: Any, scale: Any, limit: Any, l1: Any, l2: Any) -> Any:
    """The gradient that a rule gets: g += l1 * sign(w) + l2 * w; g *= scale; and then at least
    -limit and at most limit. All bits are those of g where scale is 1, limit infinite and l1 and l2
    are 0."""
    bits = ir.VectorType(INT32, g.type.count)
    sign = b.and_(b.bitcast(w, bits), ir.Constant(bits, [-(2**31)] * bits.count))
    sloped = b.bitcast(b.or_(b.bitcast(l1, bits), sign), g.type)
    zero = ir.Constant(g.type, None)
    g = b.fadd(g, b.fadd(b.select(b.fcmp_ordered("==", w, zero), zero, sloped), b.fmul(l2, w)))
    g = b.fmul(g, scale)
    g = b.select(b.fcmp_ordered(">", g, limit), limit, g)
    lowest = b.fsub(zero, limit)
    return b.select(b.fcmp_ordered("<", g, lowest), lowest, g)


class _Columns:
    """What both intrinsics read: gradients, weights and states of some columns, and the settings.

    `args` begin as Rule.step says; `states` and `settings` are how many there are.
    """

    def __init__(
        self, context: Any, builder: ir.IRBuilder, sig: Any, args: Any, states: int, settings: int
    ) -> None:
        self.builder, self.settings = builder, settings
        self.terms = Terms(context, builder, sig, args)
        state = context.make_array(sig.args[8])(context, builder, args[8])
        size = builder.extract_value(state.shape, 1)
        self.arrays = [data_pointer(context, builder, sig.args[7], args[7])]
        self.arrays += [
            builder.gep(state.data, [builder.mul(size, INT64(number))]) for number in range(states)
        ]
        data = data_pointer(context, builder, sig.args[9], args[9])
        self.given = [
            builder.load(builder.gep(data, [INT64(number)])) for number in range(settings + SHAPES)
        ]

    @property
    def plain(self) -> Any:
        """Whether `shaped` changes nothing."""
        usual = (1.0, float("inf"), 0.0, 0.0)
        same = [
            self.builder.fcmp_ordered("==", value, FLOAT(known))
            for value, known in zip(self.given[self.settings :], usual, strict=True)
        ]
        return reduce(self.builder.and_, same)

    def at(
        self, column: Any, width: int, largest: Any, plain: bool = False
    ) -> tuple[list[Any], Any]:  # fmt: skip
        """The shaped gradients, weights, states and settings; the bits of the largest gradient."""
        builder, floats = self.builder, ir.VectorType(FLOAT, width)
        slope, bits = self.terms.mean(column, width, largest)
        old = [load_lanes(builder, data, column, floats) for data in self.arrays]
        given = [broadcast(builder, value, floats) for value in self.given]
        if not plain:
            slope = shaped(builder, slope, old[0], *given[self.settings :])
        return [slope, *old, *given[: self.settings]], bits


def updating(rule: Callable[..., list[Any]], states: int, settings: int) -> Any:
    """An intrinsic with the arguments of Rule.step.

    `rule` gets the builder and vectors of mean gradients, weights, states and settings, so many of
    each; it returns the new weights and states.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        columns = _Columns(context, builder, sig, args, states, settings)

        def updated(plain: bool) -> list[Any]:
            def update(column: Any, width: int, largest: Carried) -> Carried:
                found, bits = columns.at(column, width, largest[0], plain)
                new = rule(builder, *found)
                for data, value in zip(columns.arrays, new, strict=True):
                    store_lanes(builder, value, data, column, aligned=False)
                return [bits, larger(builder, largest[1], new[0])]

            return over_columns(builder, args[4], args[5], 2, update)

        # Twice, since most files shape nothing, and a step of a small net is mostly this.
        ways = []
        with builder.if_else(columns.plain) as (then, otherwise):
            for way, plain in ((then, True), (otherwise, False)):
                with way:
                    ways.append((updated(plain), builder.block))
        slope, weight = (builder.phi(INT32) for _ in range(2))
        for found, block in ways:
            slope.add_incoming(found[0], block)
            weight.add_incoming(found[1], block)
        finite = builder.icmp_signed("<", weight, INT32(_INFINITY))
        code = builder.select(finite, INT64(0), INT64(NOT_FINITE))
        return builder.select(columns.terms.in_range(slope), code, INT64(OUT_OF_RANGE))

    @intrinsic
    def update(
        typing_context: Any, gradients: Any, rows: Any, parts: Any, owners: Any, first: Any,
        last: Any, factor: Any, weights: Any, states: Any, settings: Any,
    ) -> Any:  # fmt: skip
        i, f = types.int64, types.float64
        return i(gradients, rows, parts, owners, i, i, f, weights, states, settings), generate

    return update


def measuring(rule: Callable[..., list[Any]], states: int, settings: int) -> Any:
    """An intrinsic with the arguments of Rule.measure.

    `rule` gets what that of `updating` does, and returns two vectors, whose squares are added up in
    float64, in the order of the columns of each lane, and then the lanes.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        columns = _Columns(context, builder, sig, args, states, settings)
        out = data_pointer(context, builder, sig.args[10], args[10])

        def add(column: Any, width: int, sums: Carried) -> Carried:
            doubles = ir.VectorType(DOUBLE, width)
            largest = ir.Constant(ir.VectorType(INT32, width), None)
            found, _ = columns.at(column, width, largest)
            values = [builder.fpext(value, doubles) for value in rule(builder, *found)]
            pairs = zip(sums, values, strict=True)
            return [builder.fadd(total, builder.fmul(value, value)) for total, value in pairs]

        totals = [DOUBLE(0.0)] * 2
        for sums in columns_in_turn(builder, args[4], args[5], [DOUBLE] * 2, add):
            for lane in range(sums[0].type.count):
                totals = [
                    builder.fadd(total, builder.extract_element(vector, INT32(lane)))
                    for total, vector in zip(totals, sums, strict=True)
                ]
        for number, total in enumerate(totals):
            builder.store(total, builder.gep(out, [INT64(number)]))
        return context.get_dummy_value()

    @intrinsic
    def measure(
        typing_context: Any, gradients: Any, rows: Any, parts: Any, owners: Any, first: Any,
        last: Any, factor: Any, weights: Any, states: Any, settings: Any, sums: Any,
    ) -> Any:  # fmt: skip
        i, f = types.int64, types.float64
        given = gradients, rows, parts, owners, i, i, f, weights, states, settings, sums
        return types.void(*given), generate

    return measure


_measure_gradient = measuring(lambda b, g, w: [w, g], states=0, settings=0)


@Entry
def measure_gradient(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings, sums
) -> None:  # fmt: skip
    """sums = those of the squares of weights and of shaped gradients."""
    _measure_gradient(
        gradients, rows, parts, owners, first, last, factor, weights, states, settings, sums
    )
