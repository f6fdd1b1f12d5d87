"""The whole compiler, top to bottom."""

from collections.abc import Set

from lenet.compiler.codegen.module import emit, emit_kept
from lenet.compiler.codegen.single import Singles
from lenet.compiler.jit.forks import STEADY
from lenet.compiler.kernels import carriers_of
from lenet.compiler.kernels.shared.words import INTEGER
from lenet.compiler.losses.code import given_by, is_weighted, loss_of
from lenet.compiler.memory.layout import lay_out
from lenet.compiler.passes import FOR_PREDICTION, PASSES
from lenet.compiler.passes.fuse_addends import fuse_addends
from lenet.compiler.passes.fuse_clips import fuse_clips
from lenet.compiler.passes.quantize import has_integers, quantize
from lenet.compiler.program import InputGradient, Kept, Outputs, Program
from lenet.compiler.target import Target, host
from lenet.compiler.verify import verify_graph
from lenet.dsl.graph import Graph, Node
from lenet.dsl.layers.conv import winograd_parts
from lenet.dsl.losses import LOSSES
from lenet.dsl.shapes import product

_LARGE = 2**18  # values of an image's largest map: 16 MiB of a block
_REUSED = 50  # multiply-adds for each weight, which every image has to read anew
_MOST = 0.9  # of the multiply-adds, for the channels to be worth it
_TURNED = 0.5  # of the multiply-adds by Winograd's transforms: their weights are many


def run_passes(graph: Graph, stop_after: str | None = None, predicting: bool = False) -> Graph:
    """The graph after every pass, or after the named one, to train or to predict only."""
    verify_graph(graph, "the checker")
    for transform in PASSES:
        if transform in FOR_PREDICTION and not predicting:
            continue
        graph = transform(graph)
        verify_graph(graph, transform.__name__)
        if transform.__name__ == stop_after:
            break
    return graph


def compile_graph(
    graph: Graph, target: Target | None = None, probes: bool = False, input_gradient: bool = False,
    integers: Set[str] = frozenset(), recompute: bool = False,
) -> Program:  # fmt: skip
    """Graph → passes → kernels as source, with their memory plan.

    With `probes` the functions measure each kernel (see compiler/codegen/module.py). With
    `input_gradient` there is a function of that name, too. In prediction, the layers whose names
    are `integers`, which are some of `integer_layers`, compute of bytes. Training may `recompute`
    what is cheap on its way back, to need less memory: the bits are the same.
    """
    with STEADY:  # it imports what layers need, and a child could not wait for its parent's import
        return _compile(graph, target or host(), probes, input_gradient, integers, recompute)


def integer_layers(graph: Graph) -> tuple[Node, ...]:
    """The layers of the file that can compute of bytes in prediction, as passes leave them."""
    own = {node.name for node in graph.nodes}
    fused = run_passes(graph, predicting=True).nodes
    nodes = (carrier for node in fused for carrier in carriers_of(node))
    return tuple(node for node in nodes if node.name in own and has_integers(node))


def compile_kept(graph: Graph, target: Target | None = None) -> Kept:
    """The layers as the file has them, none changed by a pass, to look at all of their values."""
    with STEADY:
        verify_graph(graph, "the checker")
        slots = lay_out(graph)
        source, singles, at = emit_kept(graph, slots, target or host())
        program = Program(
            source=source, slots=slots, predict_slots=slots, input=graph.input,
            outputs=outputs_of(graph), phases=(), batch_floats=0, train_floats=0, kept_floats=0,
            predict_floats=0, single_floats=singles.plan.floats,
            single_turns=singles.turns, single_macs=singles.shared, nodes=graph.nodes,
            predict_nodes=graph.nodes, predict_calls=(),
        )  # fmt: skip
        layers = tuple((node, at[node.name]) for node in graph.nodes if node.name in at)
        return Kept(program, layers)


def outputs_of(graph: Graph) -> Outputs:
    """Of a net behind all passes."""
    loss = loss_of(graph)
    each = graph.output[0] if graph.answers == "places" else LOSSES[loss.name].outputs_of(loss)
    return Outputs(product(graph.output), given_by(graph), graph.answers, each)


def _one_by_one(plain: Graph, predicted: Graph, singles: Singles) -> bool:
    """Whether sixteen images at a time would fill more than the caches, which nothing is worth: no
    weights that are used few times for an image, nor transformed ones, no bytes."""
    carriers = [carrier for node in predicted.nodes for carrier in carriers_of(node)]
    turned = sum(node.macs for node in carriers if _is_turned(node))
    macs = sum(node.macs for node in carriers)
    weights = sum(product(p.shape) for node in plain.nodes for p in node.parameters)
    if turned > _TURNED * macs or macs < _REUSED * weights:
        return False
    if any(INTEGER in node.arguments for node in carriers):
        return False
    largest = max(product(node.shape) for node in plain.nodes)
    return largest >= _LARGE and singles.by_places >= _MOST


def _is_turned(node: Node) -> bool:
    """Whether Winograd's transforms are its way forward."""
    arguments = node.arguments
    return "algorithm" in arguments and "forward" in winograd_parts(arguments)


def _compile(
    graph: Graph, target: Target, probes: bool, input_gradient: bool, integers: Set[str],
    recompute: bool,
) -> Program:  # fmt: skip
    lowered = run_passes(graph)
    predicted = run_passes(graph, predicting=True)
    plain = run_passes(graph, stop_after="choose_algorithm", predicting=True)
    predicted, plain = quantize(predicted, integers), quantize(plain, integers)
    plain = fuse_addends(fuse_clips(plain))
    verify_graph(plain, "fuse_addends")
    emitted = emit(lowered, predicted, plain, target, probes, input_gradient, recompute)
    plan, back = emitted.train_plan, emitted.back
    return Program(
        source=emitted.source,
        slots=emitted.slots,
        predict_slots=emitted.predict_slots,
        input=graph.input,
        outputs=outputs_of(lowered),
        phases=emitted.phases,
        batch_floats=emitted.batch_floats,
        train_floats=plan.floats if plan else 0,
        kept_floats=plan.kept + plan.grouped if plan else 0,
        predict_floats=emitted.predict_plan.floats,
        single_floats=emitted.singles.plan.floats,
        single_turns=emitted.singles.turns,
        single_macs=emitted.singles.shared,
        one_by_one=_one_by_one(plain, predicted, emitted.singles),
        nodes=lowered.nodes,
        predict_nodes=predicted.nodes,
        predict_calls=emitted.predict_calls,
        weighted=is_weighted(lowered),
        input_gradient=InputGradient(back.plan.floats, back.normalizations) if back else None,
        late=emitted.late,
        factor_floats=emitted.factors,
        again=emitted.again,
        early=emitted.early,
        ready_floats=plan.ready if plan else 0,
    )
