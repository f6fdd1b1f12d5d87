"""The net as this machine can train it."""

from lenet.compiler.optimizers.rule import rule_of
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.dsl.graph import Graph
from lenet.dsl.shapes import product
from lenet.runtime.events import Warned
from lenet.runtime.machine import cores
from lenet.runtime.training.job import Job
from lenet.runtime.training.slices.count import training_bytes

# What a value costs that is computed again, in multiply-adds: it is read and written once more.
# ResNet-18 and ResNet-50 at 224x224 take a hundredth longer.
_VALUE = 25


def fitting_program(job: Job, threads: int, workers: int = 1) -> tuple[Program, Warned | None]:
    """With memory enough, all values are kept for the way back; else what is cheap is computed
    again, which the warning tells. LenetError where that does not help."""
    states = rule_of(job.train.optimizer).states
    sizes = job.train.batch, job.slices, threads, states, workers
    program, memory = compile_graph(job.graph), cores.total_memory()
    needed = training_bytes(program, *sizes)
    if not memory or needed <= memory:
        return program, None
    less = compile_graph(job.graph, recompute=True)
    fewer = training_bytes(less, *sizes)
    if fewer > memory:
        cores.check_memory(min(needed, fewer))
    share = max(1, round(100 * share_of_recomputed(less, job.graph)))
    gib = [f"{count / 2**30:,.1f}" for count in (needed, memory, fewer)]
    return less, Warned(
        f"training would need {gib[0]} GiB of memory, and this machine has {gib[1]}: on the way "
        f"back, values of {len(less.again)} layers are computed again, so that {gib[2]} GiB are "
        f"enough; a step takes about {share}% longer",
        "write a smaller `batch`, or take fewer threads",
    )


def share_of_recomputed(program: Program, graph: Graph) -> float:
    """How much longer a step takes, about, as a part of it."""
    nodes = {node.name: node for node in program.nodes}
    values = sum(product(nodes[name].shape) for name in program.again)
    macs = sum(node.macs for node in graph.nodes)
    return _VALUE * values / max(1, 3 * macs + _VALUE * values)
