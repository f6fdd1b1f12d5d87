"""A layer's line: its arguments, its shape, and its node."""

from lenet.dsl import registry
from lenet.dsl.graph import Node
from lenet.dsl.inputs import Input
from lenet.dsl.lower.assertions import check_declared, declared_shape
from lenet.dsl.lower.bind import bind
from lenet.dsl.lower.ends import follow_length
from lenet.dsl.lower.inputs import lower_input
from lenet.dsl.lower.state import Scope, State
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.padding import sides_of
from lenet.dsl.registry import Arguments, Context, Layer
from lenet.dsl.shapes import Shape, product
from lenet.dsl.syntax.tree import Line

_MAX_FLOATS = 2**33 // 4  # 8 GiB of float32 in a layer's output, its padded input or its parameters


def lower_layer(state: State, line: Line, scope: Scope) -> None:
    """The node of a layer that has no body. After a mistake there is none, and the declared shape
    is believed; the `input` gets the size that the data need instead of its own where one is set.
    """
    kind = line.keyword.text
    layer = registry.layers()[kind]
    if kind == "input" and lower_input(state, line, scope):
        return None
    tables = scope.definitions.tables
    given = state.shape if state.input_line is not None else None
    arguments, spans, problems = bind(line, layer, scope.constants, tables, given)
    for problem in problems:
        state.report(problem)
    name = state.name_of(line, scope, kind)
    given = state.shape
    if kind == "input":
        state.input_line, given = line, ()
        if state.input_size is not None:
            arguments["shape"] = state.input_size
    elif not state.has_input(line):
        given = None
    elif not state.source:
        state.report(messages.no_path_from(line.keyword.span, kind, tuple(state.inputs)))
    source, state.source = state.source, name
    if problems or given is None:
        state.incomplete = True
        state.shape = declared_shape(state, line, scope)
        return None
    context = Context(line, (given,), source, arguments, spans)
    inputs = () if kind == "input" else (source,)
    if kind == "input":
        arguments["inputs"] = (Input("", "", arguments["shape"]),)
    found = state.inputs.get(source)
    context.codes = found if found is not None and found.has_codes else None
    return add_node(state, line, scope, name, inputs, context)


def add_node(
    state: State, line: Line, scope: Scope, name: str, inputs: tuple[str, ...], context: Context
) -> None:
    """The node of a layer, if its shape can be inferred."""
    layer = registry.layers()[line.keyword.text]
    given, arguments = context.input, context.arguments
    try:
        _check_codes(state, line, layer, inputs)
        shape = tuple(int(size) for size in layer.infer(context))
        _check_size(line, "this layer's output", product(shape))
        _check_size(line, "the padded input of this layer", _padded(given, arguments))
        parameters = layer.parameters(given, arguments)
        count = sum(product(p.shape) for p in parameters)
        _check_size(line, "the parameters of this layer", count)
        state.take_parts(name, parameters, line)
    except Refused as refused:
        state.report(refused.diagnostic, scope)
        state.incomplete = True
        state.shape = declared_shape(state, line, scope)
        return
    more = follow_length(state, layer, name, inputs, context, shape)[len(inputs) :]
    for warning in context.warnings:
        state.report(warning, scope)
    check_declared(state, line, scope, shape, context.source, given)
    input_shapes = context.inputs if inputs else ((),)
    inputs = (*inputs, *more)
    input_shapes = (*input_shapes, *(state.inputs[codes].shape for codes in more))
    macs = layer.macs(given, shape, arguments)
    place = line.span
    state.nodes.append(
        Node(name, layer.name, inputs, input_shapes, shape, arguments, parameters, macs,
             place.line, place.file, line.name.text if line.name else "")
    )  # fmt: skip
    state.lines.append(line)
    state.shape, state.source = shape, name


def _check_codes(state: State, line: Line, layer: Layer, inputs: tuple[str, ...]) -> None:
    """Codes are for the layers that read them, and these read nothing else."""
    for name in inputs:
        found = state.inputs.get(name)
        span = line.keyword.span
        if found is not None and found.has_codes and not layer.reads_codes:
            raise Refused(messages.codes_are_no_numbers(span, layer.name, name, found, layer.joins))
        if layer.reads_codes and (found is None or not found.has_codes):
            raise Refused(messages.needs_codes(span, layer.name, name))


def _padded(given: Shape, arguments: Arguments) -> int:
    """Values of a map with what is added around it, which a dilated window may skip."""
    pad = arguments.get("pad")
    if len(given) != 3 or not isinstance(pad, tuple):
        return 0
    down, across = sides_of(pad)
    return given[0] * (given[1] + sum(down)) * (given[2] + sum(across))


def _check_size(line: Line, what: str, floats: int) -> None:
    if floats > _MAX_FLOATS:
        raise Refused(messages.net_too_large(line.span, what, 4 * floats, 4 * _MAX_FLOATS))
