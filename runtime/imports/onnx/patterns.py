"""Groups of operations that are one layer, as exporters write what ONNX has no word for.

A pattern is written as Python writes calls: operations with their inputs. `x` is a value that the
net computes, other names are constants, numbers are constants of one value, and names with = are
attributes. Where an operation has two inputs in any order, both are tried.
"""

import ast
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from lenet.runtime.imports.onnx.file import Array, Operation

Bound = dict[str, str]  # what a pattern's names stand for
Found = tuple[Bound, list[Operation]]

_EITHER = ("Add", "Mul")
_HALF = "0.70710678"  # the root of one half
_GELU = ("Add(Erf(Div(x, 1.41421356)), 1)", f"Add(Erf(Mul(x, {_HALF})), 1)")
_CUBE = ("Pow(x, 3)", "Mul(x, Mul(x, x))", "Mul(Mul(x, x), x)")
_TANH = tuple(
    f"Add(Tanh({inner}), 1)"
    for cube in _CUBE
    for inner in (
        f"Mul(Add(x, Mul({cube}, 0.044715)), 0.79788456)",
        f"Mul(Add(x, Mul(0.044715, {cube})), 0.79788456)",
    )
)
_HALVED = ("Mul(Mul(x, {0}), 0.5)", "Mul(x, Mul({0}, 0.5))", "Mul(Mul(x, 0.5), {0})")
_SHIFTED = ("Clip(Add(x, 3), 0, 6)", "Min(Max(Add(x, 3), 0), 6)")
_CENTRED = "Sub(x, ReduceMean(x, {0}))"
# Constants of any number of values; all others have one.
_MANY = ("axes", "more", "rows", "shape", "axis", "codes", "pads", "first", "behind", "steps")
_VARIANCE = (
    "ReduceMean(Pow({0}, 2), {1})",
    "ReduceMean(Mul({0}, {0}), {1})",
)
# What they become, and the attributes that this has besides those that the pattern names.
PATTERNS: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    ("Posterior", {}, (
        "Exp(Slice(LogSoftmax(Pad(Neg(x), pads, rubbish)), first, behind, axes, steps))",)),
    ("Softmax", {}, ("Exp(LogSoftmax(x))",)),
    ("LogSoftmax", {}, ("Log(Softmax(x))",)),
    ("Mish", {}, ("Mul(x, Tanh(Softplus(x)))", "Mul(x, Tanh(Log(Add(Exp(x), 1))))")),
    ("Silu", {}, ("Mul(x, Sigmoid(x))",)),
    ("HardSwish", {}, (
        "Mul(x, HardSigmoid(x, alpha=1 / 6, beta=0.5))",
        *(text for own in _SHIFTED for text in (
            f"Div(Mul(x, {own}), 6)", f"Mul(x, Div({own}, 6))", f"Mul(x, Mul({own}, 1 / 6))",
            f"Mul(Mul(x, {own}), 1 / 6)")))),
    ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}, tuple(
        text for own in _SHIFTED for text in (f"Div({own}, 6)", f"Mul({own}, 1 / 6)"))),
    ("Gelu", {"approximate": "none"}, tuple(
        text.format(own) for own in _GELU for text in _HALVED)),
    ("Gelu", {"approximate": "tanh"}, tuple(
        text.format(own) for own in _TANH for text in _HALVED)),
    ("Standardized", {}, tuple(
        f"Div({_CENTRED}, Sqrt(Add({own}, epsilon)))".format(*axes)
        for own in (text.format(_CENTRED, "{1}") for text in _VARIANCE)
        for axes in (("axes", "axes"), ("axes", "more")))),
    ("RowsLrn", {}, (
        "Div(x, Pow(Add(Mul(Reshape(AveragePool(Reshape(Mul(x, x), rows), count_include_pad=1), "
        "shape), alpha), k), beta))",)),
    ("ScaledTanh", {}, ("Mul(Tanh(Mul(x, slope)), gain)", "Tanh(Mul(x, slope))",
                        "Mul(Tanh(x), gain)")),
    ("Rbf", {}, ("ReduceSumSquare(Sub(Unsqueeze(x, axis), codes), axes)",)),
)  # fmt: skip


def with_patterns(
    operations: list[Operation], constants: Mapping[str, Array], outputs: tuple[str, ...]
) -> list[Operation]:
    """The same with one operation in place of each group."""
    for kind, attributes, texts in PATTERNS:
        for text in texts:
            operations = _replaced(operations, constants, outputs, kind, attributes, text)
    return operations


@dataclass
class _Matcher:
    makers: dict[str, Operation]
    constants: Mapping[str, Array]

    def match(
        self, pattern: ast.expr, value: str, bound: Bound, inside: list[Operation]
    ) -> Iterator[Found]:
        """All ways to read a value as a pattern: what its names stand for, and the operations."""
        if isinstance(pattern, ast.Name):
            constant = self.constants.get(value)
            if (constant is None) != (pattern.id == "x") or not value:
                return
            if constant is not None and constant.size != 1 and pattern.id not in _MANY:
                return
            if bound.get(pattern.id, value) == value:
                yield {**bound, pattern.id: value}, inside
        elif not isinstance(pattern, ast.Call):
            found = self.constants.get(value)
            wanted = _number(pattern)
            if found is None or found.size != 1 or found.dtype.kind not in "fi":
                return
            if math.isclose(float(found.ravel()[0]), wanted, rel_tol=1e-4, abs_tol=1e-6):
                yield bound, inside
        else:
            yield from self._call(pattern, value, bound, inside)

    def _call(
        self, pattern: ast.Call, value: str, bound: Bound, inside: list[Operation]
    ) -> Iterator[Found]:
        maker = self.makers.get(value)
        assert isinstance(pattern.func, ast.Name)
        if maker is None or maker.kind != pattern.func.id:
            return
        for own in pattern.keywords:
            attribute = maker.attributes.get(own.arg or "")
            if attribute is None or not math.isclose(attribute, _number(own.value), rel_tol=1e-4):
                return
        inputs = [name for name in maker.inputs if name]
        orders = [inputs, inputs[::-1]] if maker.kind in _EITHER else [inputs]
        for order in orders:
            if len(order) == len(pattern.args):
                yield from self._all(pattern.args, order, bound, [*inside, maker])

    def _all(
        self, patterns: list[ast.expr], values: list[str], bound: Bound, inside: list[Operation]
    ) -> Iterator[Found]:
        if not patterns:
            yield bound, inside
            return
        for found, operations in self.match(patterns[0], values[0], bound, inside):
            yield from self._all(patterns[1:], values[1:], found, operations)


def _number(pattern: ast.expr) -> float:
    return float(eval(compile(ast.Expression(pattern), "pattern", "eval"), {}))  # noqa: S307 - ours


@lru_cache(maxsize=256)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _replaced(
    operations: list[Operation], constants: Mapping[str, Array], outputs: tuple[str, ...],
    kind: str, attributes: dict[str, Any], text: str,
) -> list[Operation]:  # fmt: skip
    pattern = _parsed(text)
    kinds = {node.func.id for node in ast.walk(pattern)
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    if not kinds <= {own.kind for own in operations}:
        return operations
    makers = {name: own for own in operations for name in own.outputs}
    readers = Counter(name for own in operations for name in own.inputs)
    matcher = _Matcher(makers, constants)
    gone: set[str] = set()
    becomes: dict[str, Operation] = {}
    for root in operations:
        if not root.outputs or root.outputs[0] in gone:
            continue
        for bound, inside in matcher.match(pattern, root.outputs[0], {}, []):
            others = {own.outputs[0] for own in inside[1:]}
            within = Counter(name for own in _unique(inside) for name in own.inputs)
            if all(readers[name] == within[name] and name not in outputs for name in others):
                kept = {key: value for own in reversed(inside) for key, value in
                        own.attributes.items()}  # fmt: skip
                named = {f"of_{own}": constants[name] for own, name in bound.items() if own != "x"}
                becomes[root.outputs[0]] = replace(
                    root, kind=kind, inputs=(bound["x"],),
                    attributes={**kept, **attributes, **named},
                )  # fmt: skip
                gone |= others | {root.outputs[0]}
                break
    if not becomes:
        return operations
    left = [own for own in operations if own.outputs]
    return [becomes.get(own.outputs[0], own) for own in left
            if own.outputs[0] in becomes or own.outputs[0] not in gone]  # fmt: skip


def _unique(operations: list[Operation]) -> list[Operation]:
    return list({own.outputs[0]: own for own in operations}.values())
