"""Passes, the memory plan, tiles and the cache."""

import gc
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import combinations, pairwise
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from conftest import start_helpers
from llvmlite import ir

from lenet.compiler import passes, pipeline
from lenet.compiler.codegen.module import emit
from lenet.compiler.contract import Request, emit_layer, identifiers
from lenet.compiler.jit import compile_workers as helper
from lenet.compiler.jit.cache import load
from lenet.compiler.jit.compile_workers import command_for
from lenet.compiler.jit.kernel_modules import find
from lenet.compiler.kernels import entry_of, parts_of
from lenet.compiler.memory.layout import bases_of, lay_out, offsets_of
from lenet.compiler.memory.phase import Phase, segments
from lenet.compiler.memory.plan import Place, Plan, plan_memory
from lenet.compiler.memory.schedule import Layer, schedule_prediction, schedule_training
from lenet.compiler.optimizers.sgd import sgd
from lenet.compiler.pipeline import compile_graph, run_passes
from lenet.compiler.simd.kernel import Kernel
from lenet.compiler.simd.lanes import FLOAT, INT64
from lenet.compiler.simd.loops import loop
from lenet.compiler.target import BLOCKS, Target, split
from lenet.compiler.verify import CompilerBug, verify_graph
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.runtime.machine.arrays import aligned_floats, frozen
from nets import make_case

ROOT = Path(__file__).parents[2]
# Those that import nothing.
ALONE = [path for path in sorted((ROOT / "specs").glob("*.lenet"))
         if "\nimport " not in path.read_text()]  # fmt: skip
POOLED = """
input 1x12x12
conv 4x3x3
tanh
relu
maxpool 2
tanh
maxpool 5
reshape 4
linear 3
"""


def graph_of(spec: str) -> Graph:
    return check_graph(spec, "test.lenet")


def kinds(graph: Graph) -> list[str]:
    return [node.kind for node in graph.nodes]


def test_pool_before_activation() -> None:
    before = graph_of(POOLED)
    after = passes.pool_before_activation(before)
    assert kinds(after) == [
        "input", "conv", "maxpool", "maxpool", "tanh", "relu", "tanh", "reshape", "linear",
    ]  # fmt: skip
    verify_graph(after, "pool_before_activation")
    assert after.output == before.output
    assert passes.pool_before_activation(after) == after


@pytest.mark.large
def test_pool_before_activation_changes_no_number(monkeypatch) -> None:
    fused = make_case(POOLED)
    monkeypatch.setattr(pipeline, "PASSES", (passes.end_in_probabilities,))
    plain = make_case(POOLED)
    assert kinds(run_passes(plain.graph))[2:4] == ["tanh", "relu"]
    np.testing.assert_array_equal(fused.outputs(), plain.outputs())
    (_, fused_gradients, _), (_, plain_gradients, _) = fused.kernels(), plain.kernels()
    for name, gradient in plain_gradients.items():
        np.testing.assert_allclose(fused_gradients[name], gradient, rtol=1e-5, atol=1e-7)


def test_end_in_probabilities() -> None:
    scores = graph_of(POOLED)
    ended = passes.end_in_probabilities(scores)
    assert kinds(ended)[-1] == "logsoftmax" and ended.parameter_count == scores.parameter_count
    assert passes.end_in_probabilities(ended) == ended
    named = graph_of("input 4\nlinear 3 as probabilities")
    names = [node.name for node in passes.end_in_probabilities(named).nodes]
    assert names == ["input", "probabilities", "probabilities_"]


def test_the_verifier_refuses_broken_graphs() -> None:
    graph = graph_of(POOLED)
    verify_graph(graph, "nothing")
    swapped = list(graph.nodes)
    swapped[2:4] = reversed(swapped[2:4])
    twice = (*graph.nodes, graph.nodes[-1])
    misfit = (*graph.nodes[:-1], replace(graph.nodes[-1], input_shapes=((5,),)))
    for nodes in (tuple(swapped), twice, misfit, graph.nodes[1:], ()):
        with pytest.raises(CompilerBug):
            verify_graph(graph.with_nodes(nodes), "a broken pass")


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("path", ALONE, ids=lambda path: path.stem)
def test_buffers_that_live_together_lie_apart(path: Path, training: bool) -> None:
    graph = run_passes(graph_of(path.read_text()))
    names, slots = identifiers(n.name for n in graph.nodes), lay_out(graph)
    target = Target("test", 32, 16)
    layers = {
        node.name: Layer(
            emit_layer(Request(node, offsets_of(node), target)),
            names[node.name],
            {**bases_of(node, {slot.name: slot for slot in slots}), "counter": 0},
        )
        for node in graph.nodes
    }  # fmt: skip
    if training:
        phases, _ = schedule_training(graph, layers)
    else:
        phases = (schedule_prediction(graph, layers),)
    normalizes = any(entry_of(part).normalizes for node in graph.nodes for part in parts_of(node))
    assert (len(phases) > 1) == (training and normalizes)
    plan = plan_memory(phases)
    check_prepared(phases, plan)
    kept: dict[str, tuple[int, int, int, int, str]] = {}  # offset, size, phases, layout
    for number, (phase, places) in enumerate(zip(phases, plan.places, strict=True)):
        own = {n: p for n, p in places.items() if not p.kept and n not in plan.prepared}
        check_phase(phase, own)
        for call in phase.calls:
            for buffer in call.buffers:
                place = places[buffer.name]
                assert place.offset % 16 == place.step % 16 == 0
                if place.kept:
                    first = kept.get(buffer.name, (0, 0, number))[2]
                    kept[buffer.name] = (place.offset, place.step, first, number, place.kept)
                    assert place.kept == "group" or call.scope == "block"
    for one, other in combinations(kept.values(), 2):
        if (one[4] == "group") != (other[4] == "group"):
            continue
        apart = one[0] + one[1] <= other[0] or other[0] + other[1] <= one[0]
        assert apart or one[3] < other[2] or other[3] < one[2]
    assert plan.floats % 16 == 0
    for layout, floats in (("block", plan.kept), ("group", plan.grouped)):
        ends = (at + size for at, size, _, _, where in kept.values() if where == layout)
        assert floats == max(ends, default=0)


def check_prepared(phases: tuple[Phase, ...], plan: Plan) -> None:
    """What a phase reads is made for it, and touches nothing that the phases beside it read."""
    made = [{b for c in phase.preparations for b in c.buffers} for phase in phases]
    assert sum(map(len, made)) == len(plan.prepared)
    for phase, own in zip(phases, made, strict=True):
        read = {b for c in phase.calls for b in c.buffers if b.name in plan.prepared}
        assert read == own
    for own, following in pairwise([*made, set()]):
        spans = sorted((plan.prepared[b.name].offset, b.size) for b in own | following)
        assert all(offset % 16 == 0 for offset, _ in spans)
        ends = [0, *(offset + size for offset, size in spans)]
        assert all(end <= offset for end, (offset, _) in zip(ends, spans, strict=False))
        assert ends[-1] <= plan.ready


def check_phase(phase: Phase, places: dict[str, Place]) -> None:
    uses: dict[str, list[tuple[int, int, int]]] = {}
    time = 0
    for part, run in enumerate(segments(phase.calls)):
        for call in run:
            for buffer in call.buffers:
                if buffer.name in places:
                    uses.setdefault(buffer.name, []).append((part, time, buffer.size))
            time += 1
    for one, other in combinations(uses, 2):
        both = [places[n] for n in (one, other)]
        sizes = [uses[n][0][2] * (BLOCKS if places[n].step else 1) for n in (one, other)]
        starts = [p.offset for p in both]
        apart = starts[0] + sizes[0] <= starts[1] or starts[1] + sizes[1] <= starts[0]
        # A buffer with copies is alive in whole loops, one without only between its calls.
        unit = 0 if any(p.step for p in both) else 1
        spans = [
            (min(u[unit] for u in uses[n]), max(u[unit] for u in uses[n])) for n in (one, other)
        ]
        together = spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1]
        assert apart or not together or 0 in sizes, (one, other)


def test_layers_that_are_alike_share_their_functions() -> None:
    """The 19 convolutions of ResNet-20 have 6 shapes; the first has nothing to go back to."""
    source = compile_graph(graph_of((ROOT / "specs/resnet20.lenet").read_text())).source
    for suffix, count in (("forward", 6), ("backward", 5), ("gradient", 6)):
        assert len(set(re.findall(rf"^def (\w*conv\d_{suffix})\(", source, re.M))) == count


def test_what_is_alike_is_compiled_once() -> None:
    """Layers of other numbers of channels share the transforms of maps of the same size, forward,
    backward and for the gradient."""
    text = "input 3x8x8\n" + "".join(
        f"conv {channels}x3x3 pad 1 algorithm winograd\nrelu\n" for channels in (4, 6, 8)
    )
    loaded = load(compile_graph(graph_of(f"{text}flatten\nlinear 10\nlogsoftmax")))
    needed = find(loaded._module, "train_slice").needed()
    jobs = {
        job for entry in ("train_slice", "predict_slice") for job in loaded._jobs(entry, "uint8")
    }
    assert len({find(loaded._module, job.name).content for job in jobs}) == len(jobs)
    parts = [function.name.rpartition("_")[2] for function in needed]
    assert [parts.count(name) for name in ("into", "inputs", "slopes")] in ([1, 0, 1], [0, 1, 1])
    assert parts.count("gradient") - 1 == parts.count("forward") - 2 == 3  # but for the last two
    everywhere = {name for name in vars(loaded._module) if name.endswith(("_into", "_inputs"))}
    assert len(everywhere) == 3 + 2 + 3


def test_what_differs_in_numbers_is_compiled_once() -> None:
    """Layers of other sizes share what surrounds the products, for blocks and for single images."""
    text = "input 3x64x64\n" + "".join(
        f"conv {channels}x3x3 pad 1 algorithm winograd\nrelu\nmaxpool 2\n"
        for channels in (64, 128, 256)
    )
    loaded = load(compile_graph(graph_of(f"{text}flatten\nlinear 10\nlogsoftmax")))
    of = partial(find, loaded._module)
    needed = [f for name in ("train_slice", "prepare", "predict_single") for f in of(name).needed()]
    parts = {f.content: f.name.rpartition(".")[2].partition("_")[2] for f in needed}
    count = Counter(re.sub(r"(products)_\d+", r"\1", part) for part in parts.values())
    assert {count[name] for name in ("spread", "single_into", "border")} == {1}
    assert count["single_prepare"] == 2  # of the first convolution, and of Winograd's
    # New weights are transformed for so many outputs at a time.
    for name in ("forward", "backward"):
        made = rf"{name}_prepare_\d+ = transform_weights\((.*)\)"
        sizes = set(re.findall(made, loaded.program.source))
        assert count[f"{name}_prepare"] == len(sizes) > 0
    # The first convolution and the products of the others have their numbers in their tiles; one
    # are the pools, one the activations, one what transforms back. The others are the last two
    # layers and predict_single.
    assert count["single_products"] == 2 and count["single"] == 1 + 1 + 1 + 1 + 3, parts


def test_split_covers_everything_once() -> None:
    for count in range(1, 140):
        for most in range(1, 9):
            parts = [
                (start + k * size, size)
                for start, size, repeat in split(count, most)
                for k in range(repeat)
            ]
            assert [p for start, size in parts for p in range(start, start + size)] == list(
                range(count)
            )
            assert max(size for _, size in parts) <= most


WINDOWS = (
    "conv 5x3x3 pad 1 algorithm {0}; tanh; maxpool 7 stride 6; conv 4x3x3 pad 1 algorithm {0}; tanh"
)


@pytest.mark.parametrize(
    ("given", "layers"),
    [
        pytest.param("35x34", WINDOWS.format("direct"), marks=pytest.mark.large),
        ("9x10", WINDOWS.format("winograd")),
        pytest.param(
            "17x18",
            "conv 24x3x3 pad 1 algorithm winograd; tanh; conv 24x3x3 algorithm winograd",
            marks=pytest.mark.large,
        ),
        pytest.param(
            "28x25",
            "conv 5x5x5; tanh; maxpool 2; tanh; conv 4x4x7 pad 2x3; relu; maxpool 3x2",
            marks=pytest.mark.large,
        ),
        pytest.param(
            "19x22",
            "conv 6x3x3 groups 2 dilate 2; tanh; depthwise 3 pad 1 multiplier 2; maxpool 2; "
            "depthwise 5x7 pad 2; relu; conv 9x3x3 groups 3 stride 2 pad same",
            marks=pytest.mark.large,
        ),
        pytest.param(
            "48x46",
            "conv 3x7x5 pad 3 stride 1x2; maxpool 2x3; conv 2x6x5; maxpool 4x2 stride 5x2",
            marks=pytest.mark.large,
        ),
    ],
)
def test_narrow_registers_give_the_same_bits(given: str, layers: str) -> None:
    """Tiles, the rows of large maps that they take at a time, and what is chosen lane by lane
    differ between processors; the order of every sum does not."""
    lines = "\n".join(layers.split("; "))
    spec = f"input 2x{given}\n{lines}\navgpool all\nlinear 7\nlogsoftmax"
    wide = make_case(spec)
    narrow = make_case(spec)
    narrow.loaded = load(compile_graph(narrow.graph, Target("narrow", 16, 8)))
    assert narrow.loaded.program.source != wide.loaded.program.source
    np.testing.assert_array_equal(wide.outputs(), narrow.outputs())
    (loss, gradients, _), (other_loss, others, _) = wide.kernels(), narrow.kernels()
    assert loss == other_loss
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, others[name])


def test_more_sums_than_a_register_of_four() -> None:
    """As ARM has them: the gradients of six outputs at a time take two registers each."""
    spec = "input 1x5x9\nconv 12x3x3\ntanh\navgpool all\nlinear 3\nlogsoftmax"
    wide, narrow = make_case(spec), make_case(spec)
    narrow.loaded = load(compile_graph(narrow.graph, Target("narrow", 32, 4)))
    assert "rights=6," in narrow.loaded.program.source
    for name, gradient in wide.kernels()[1].items():
        np.testing.assert_array_equal(gradient, narrow.kernels()[1][name])


@pytest.mark.parametrize("fills_registers", [True, False])
def test_a_loop_that_fills_the_registers_is_not_unrolled(fills_registers: bool) -> None:
    """It would keep in registers what its turns have in common, and sums in memory."""
    module = ir.Module()
    kind = ir.FunctionType(FLOAT, [FLOAT.as_pointer()])
    builder = ir.IRBuilder(ir.Function(module, kind, "test").append_basic_block())
    data = builder.function.args[0]

    def body(k, sums):
        value = builder.load(builder.gep(data, [k]))
        return [builder.fmul(builder.fadd(sums[0], value), value)]

    start = [ir.Constant(FLOAT, 0.0)]
    builder.ret(loop(builder, INT64(64), start, body, fills_registers)[0])
    parsed = llvm.parse_assembly(str(module))
    machine = llvm.Target.from_default_triple().create_target_machine()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(3))
    builder.getModulePassManager().run(parsed, builder)
    assert (str(parsed).count("fmul") == 1) == fills_registers


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("broken", ["", "exit 1", "exec <&-; echo ready; sleep 1"])
def test_other_processes_help_to_compile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """And where they cannot, or die, nothing is lost."""
    monkeypatch.setattr(helper.Helpers, "start", start_helpers)
    monkeypatch.setattr(helper, "_LEAST", 1)
    monkeypatch.setattr(helper, "available_cores", lambda: 2)
    if broken:
        script = tmp_path / "python"
        script.write_text(f"#!/bin/sh\n{broken}\n")
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))
    spec = f"input 4\nlinear {3 + len(broken)}\ntanh\nlinear 2\nlogsoftmax"
    loaded = load(compile_graph(graph_of(spec)), tmp_path)
    assert not loaded.compile("train_slice", sgd.name).from_cache
    loaded.compile("predict_slice", "predict_single")
    kernels = [f for f in vars(loaded._module).values() if isinstance(f, Kernel)]
    hits = [f for f in kernels if f.dispatcher.stats.cache_hits]
    assert bool(hits) != bool(broken)
    assert all(f.dispatcher.signatures for f in kernels)


@pytest.mark.parametrize("broken", ["", "exit 3"])
def test_of_many_functions_other_processes_compile_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """They give way to new ones, which this one cannot."""
    monkeypatch.setattr(helper, "_LEAST", 1)
    monkeypatch.setattr(helper, "_MANY", 2)
    monkeypatch.setattr(helper, "available_cores", lambda: 1)
    command = ["sh", "-c", broken] if broken else None
    monkeypatch.setattr(helper, "command_for", lambda path: command or command_for(path))
    monkeypatch.setattr(helper.Helpers, "start", start_helpers)
    loaded = load(compile_graph(graph_of(f"input 5\nlinear {3 + len(broken)}\ntanh")), tmp_path)
    loaded.compile("predict_slice")
    kernels = [f for f in vars(loaded._module).values() if isinstance(f, Kernel)]
    found = [f for f in kernels if f.dispatcher.signatures]
    own = [f for f in found if not f.dispatcher.stats.cache_hits]
    assert len(found) > 2 and (len(own) == len(found) if broken else len(own) <= 2)


def test_compiling_leaves_python_and_numba_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = numba.config.OPT
    loaded = load(compile_graph(graph_of("input 3\nlinear 2")), tmp_path)
    for enabled in (gc.enable, gc.disable):
        enabled()
        try:
            loaded.compile("predict_single")
            assert gc.isenabled() == (enabled is gc.enable) and numba.config.OPT is usual
        finally:
            gc.enable()

    def fails(self: Kernel, pixels: str) -> bool:
        assert not gc.isenabled()
        raise MemoryError

    monkeypatch.setattr(Kernel, "compile", fails)
    with pytest.raises(MemoryError):
        loaded.compile("predict_slice")
    assert gc.isenabled() and numba.config.OPT is usual


@pytest.mark.parametrize(("inputs", "expected"), [(511, False), (512, True)])
def test_many_weights_are_prefetched(inputs: int, expected: bool) -> None:
    source = compile_graph(graph_of(f"input {inputs}\nlinear 128\nlogsoftmax")).source
    assert ("prefetch(weights, w + (feature + 64) * 128 + output * 64, " in source) == expected


def test_functions_are_for_the_images_that_they_were_compiled_for(tmp_path: Path) -> None:
    """numba would compile another version, in the middle of a training."""
    loaded = load(compile_graph(graph_of("input 7\nlinear 3")), tmp_path)
    assert not loaded.compile("predict_single", sgd.name).from_cache
    again = load(loaded.program, tmp_path)
    assert again.compile("predict_single", sgd.name).from_cache
    predict = again.predict_single(np.dtype(np.uint8))
    arena, weights = aligned_floats(loaded.program.single_floats), aligned_floats(24)
    one, outputs = np.ones(1, np.float32), np.empty((1, 3), np.float32)
    values = frozen(np.full((1, 7), np.nan, np.float32))

    def of(rows: np.ndarray) -> tuple[object, ...]:
        turns = np.zeros(loaded.program.single_turns, np.int64)
        return arena, weights, rows, 0, one, one, True, turns, 1, outputs

    assert predict(*of(frozen(np.zeros((1, 7), np.uint8))))
    with pytest.raises(TypeError, match="No matching definition"):
        predict(*of(values))
    assert not again.compile("predict_single", pixels=values.dtype).from_cache
    predict = again.predict_single(values.dtype)
    assert not predict(*of(values))


def test_emitted_source_names_the_spec_lines() -> None:
    graph = run_passes(graph_of(POOLED))
    plain = run_passes(graph_of(POOLED), stop_after="pool_before_activation")
    source = emit(graph, graph, plain, Target("test", 32, 16)).source
    assert "conv1: line 3: conv 4x3x3" in source
    compile(source, "kernels.py", "exec")


def test_a_second_process_takes_kernels_from_the_cache(tmp_path: Path) -> None:
    """Two that compile at once do not disturb each other, and a third finds their work."""
    script = (
        "import sys; from lenet.dsl.check import check_graph\n"
        "from lenet.compiler.jit.cache import load\n"
        "from lenet.compiler.pipeline import compile_graph\n"
        "loaded = load(compile_graph(check_graph('input 5\\nlinear 3', 'x')))\n"
        "done = loaded.compile(*loaded.program.functions)\n"
        "print('cached' if done.from_cache else 'compiled')"
    )

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={"LENET_CACHE": str(tmp_path), "PATH": ""},
        )  # fmt: skip

    both = [start(), start()]
    outputs = [process.communicate(timeout=120)[0].strip() for process in both]
    assert "compiled" in outputs and all(process.returncode == 0 for process in both)
    assert start().communicate(timeout=60)[0].strip() == "cached"
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "kernels").write_text("a file where the folder should be")
    program = compile_graph(graph_of("input 6\nlinear 3"))
    with pytest.raises(LenetError, match="cannot keep compiled kernels") as caught:
        load(program, tmp_path)
    assert "LENET_CACHE" in caught.value.fix


def test_a_tower_of_pools_and_activations() -> None:
    spec = (
        "input 1x9x9\nconv 2x2x2\n" + "relu\n" * 60 + "maxpool 1\n" * 60 + "reshape 128\nlinear 2"
    )
    after = run_passes(graph_of(spec), stop_after="pool_before_activation")
    assert kinds(after)[2:62] == ["maxpool"] * 60


def test_nothing_of_a_spec_becomes_code() -> None:
    spec = 'input 4  # \u2028"""; import os; os.abort()  # """\nlinear 3  # \x0c"""\n'
    source = compile_graph(graph_of(spec)).source
    assert "abort" not in source and source.count('"""') % 2 == 0
    compile(source, "kernels.py", "exec")


def test_tiles_of_wide_strides_are_shared() -> None:
    graph = graph_of("input 1x2x400\nconv 2x1x1\nconv 2x2x5 stride 5\nreshape 160\nlinear 2")
    source = compile_graph(graph, Target("test", 32, 16)).source
    assert source.count("conv2_backward_") < 20
