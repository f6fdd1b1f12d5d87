"""Measure us and our peers on this machine, a round of each after the other, and print tables.

    make bench BENCH_ARGS='--data DIR --write'

trains four nets with us and with PyTorch, predicts with us and with ONNX Runtime, compiles without
and with the cache, times the command line and watches the memory. The peers and the plots need
`pip install -e ".[bench]"`; without torch, the peers are left out.
Every run is a process of its own and starts when the one before is gone. `--write` puts the result
into docs/performance.md and its pictures. Let nothing else run meanwhile: a disturbed run is tried
again, but not for ever.
"""

import argparse
import importlib.util
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from measure import Failed, Run, machine, run, wait_for_quiet
from plots import draw
from report import DISTURBED, SHORT, Results, document, tables

from lenet.compiler.simd.peak import measure_peak
from lenet.dsl.errors import LenetError
from lenet.runtime.machine.cores import available_cores
from nets import NETS

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent
SPEC = str(ROOT / "specs" / "lenet5.lenet")
LENET = str(Path(sys.executable).with_name("lenet"))
PATIENCE = 60  # seconds to wait for other programs to end
PEAKS = 8  # measurements of the peak before and after each run, of a fifth of a second each


@dataclass(frozen=True)
class Seen:
    """printed: by a script, from JSON; others: share of the processors that other programs took;
    peaks: floating-point operations a second of all cores, before and behind"""

    printed: Any
    others: float
    peaks: tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """How much to measure. An epoch more is trained in each round, to warm up, and left out."""

    data: Path | None
    epochs: int = 3
    rounds: int = 3
    work: tuple[tuple[str, int], ...] = (
        ("lenet5", 2048), ("lenet5", 128), ("mlp", 128), ("vgg", 128),
        ("resnet20", 128),
    )  # fmt: skip
    tries: int = 3
    with_torch: bool = True
    with_onnx: bool = True

    def run(self, what: str, command: list[str], **settings: Any) -> Run:
        print(f"{what} ...", end=" ", file=sys.stderr, flush=True)
        result = run(command, **settings)
        print(f"{result.seconds:.1f} s", file=sys.stderr)
        return result

    def worker(
        self,
        what: str,
        script: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> Seen:
        """What one of our scripts prints, and what else went on.

        Disturbed runs are repeated, since waiting threads make PyTorch suffer most from them;
        of several the least disturbed counts.
        """
        command = [sys.executable, str(HERE / script), *arguments]
        best: Seen | None = None
        for _ in range(self.tries):
            if self.tries > 1:
                wait_for_quiet(DISTURBED, PATIENCE)
            before = peak()
            result = self.run(what, command, environment=environment)
            others = result.others or 0.0
            if best is None or others < best.others:
                printed = json.loads(result.output.strip().splitlines()[-1])
                best = Seen(printed, others, (before, peak()))
            if best.others <= DISTURBED:
                break
            print(f"  other programs took {others:.0%}", file=sys.stderr)
        assert best is not None
        return best

    def data_arguments(self) -> list[str]:
        return ["--data", str(self.data)] if self.data else []


KEPT = "PyTorch, memory kept"
COMPILED = "PyTorch, compiled"
# glibc's malloc gives large blocks back to the system, which costs PyTorch a good part of an epoch.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2 * 10**9), "MALLOC_TRIM_THRESHOLD_": str(4 * 10**9)}
ENVIRONMENT = {KEPT: _MEMORY, COMPILED: _MEMORY}
CONTENDERS: dict[str, tuple[str, ...]] = {
    "lenet, Spark": ("ours.py", "train", "--engine", "spark"),
    "lenet, local": ("ours.py", "train", "--engine", "local"),
    "PyTorch, channels-last": ("pytorch.py", "train", "--layout", "channels_last"),
    KEPT: ("pytorch.py", "train", "--layout", "channels_last"),
    "PyTorch, default layout": ("pytorch.py", "train", "--layout", "default"),
    COMPILED: ("pytorch.py", "train", "--layout", "channels_last", "--compiled"),
}


def peak() -> float:
    """Floating-point operations a second of all cores, the mean over one or two seconds."""
    return mean(measure_peak(available_cores()) for _ in range(PEAKS))


def measure_training(plan: Plan, results: Results) -> None:
    """Epochs of every contender and batch size, in rounds that begin with another each time."""
    contenders = [n for n in CONTENDERS if plan.with_torch or not n.startswith("PyTorch")]
    work = [(name, net, batch) for net, batch in plan.work for name in contenders]
    for number in range(plan.rounds):
        for name, net, batch in work[number:] + work[:number]:
            arguments = [*CONTENDERS[name], "--net", net, "--batch", str(batch)]
            many = SHORT if name.startswith("lenet") and net == "lenet5" else 1
            arguments += ["--epochs", str(plan.epochs * many + 1), *plan.data_arguments()]
            what = f"round {number + 1}: {name}, {net}, batch {batch}"
            seen = plan.worker(what, *arguments, environment=ENVIRONMENT.get(name))
            epochs = seen.printed["epochs"][1:]
            results.add_epochs((name, net, batch), epochs, seen.peaks, seen.others)


def measure_prediction(plan: Plan, results: Results) -> None:
    scripts = {"lenet": ("ours.py", "predict"), "ONNX Runtime": ("onnx_runtime.py",)}
    for number in range(plan.rounds):
        for name, command in scripts.items():
            if name == "lenet" or plan.with_onnx:
                what = f"round {number + 1}: predict with {name}"
                seen = plan.worker(what, *command, "--epochs", "10")
                results.predictions.setdefault(name, []).append(seen.printed)


def measure_scaling(plan: Plan, results: Results) -> None:
    results.scaling = plan.worker("threads and batch sizes", "ours.py", "scale").printed


def measure_agreement(plan: Plan, results: Results) -> None:
    """Whether PyTorch computes the same losses from the same weights and images."""
    if not plan.with_torch:
        return
    for net, batch in plan.work:
        arguments = ["--net", net, "--batch", str(batch), *plan.data_arguments()]
        command = [sys.executable, str(HERE / "pytorch.py"), "compare", *arguments]
        done = plan.run(f"the same losses, {net}, batch {batch}", command)
        seen = json.loads(done.output.strip().splitlines()[-1])
        results.differences.append(seen["difference"])


def measure_compiler(plan: Plan, results: Results) -> None:
    """Compile in an empty cache, again from it, and run the commands that only read."""
    add = results.add_seconds
    for _ in range(plan.rounds):
        with tempfile.TemporaryDirectory() as cache:
            environment = {"LENET_CACHE": cache, "NUMBA_CACHE_DIR": f"{cache}/numba"}
            for net in ("lenet5", "vgg", "resnet20"):
                for name in ("cold", "cached"):
                    command = [sys.executable, str(HERE / "ours.py"), "compile", "--net", net]
                    done = plan.run(f"compile {net}, {name}", command, environment=environment)
                    seen = json.loads(done.output.strip().splitlines()[-1])
                    if seen["cached"] != (name == "cached"):
                        raise SystemExit(f"the {name} run found the cache otherwise")
                    add(f"compile {net}, {name}", seen["seconds"])
                    add(f"process {net}, {name}", done.seconds)
    for name in ("check", "shapes"):
        for turn in range(plan.rounds + 1):
            done = plan.run(f"lenet {name}", [LENET, name, SPEC])
            if turn:  # the first reads the interpreter's files into memory
                add(f"lenet {name}", done.seconds)


def measure_memory(plan: Plan, results: Results) -> None:
    """The whole command, with its progress, its records and the model that it writes."""
    for engine in ("spark", "local"):
        with tempfile.TemporaryDirectory() as folder:
            command = [LENET, "train", SPEC, "--engine", engine, "--epochs", "2"]
            command += ["-o", f"{folder}/run", *plan.data_arguments()]
            done = plan.run(f"memory of lenet train --engine {engine}", command, closely=True)
            if done.memory is not None:
                results.memory[engine] = done.memory


MEASUREMENTS: tuple[Callable[[Plan, Results], None], ...] = (
    measure_agreement,
    measure_training,
    measure_prediction,
    measure_scaling,
    measure_compiler,
    measure_memory,
)


def main() -> None:
    summary, _, details = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder with MNIST's files")
    parser.add_argument("--epochs", type=int, default=3, metavar="N", help="in each round [3]")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="[3]")
    parser.add_argument(
        "--quick", action="store_true", help="one round of one epoch, and no second try"
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    given = parser.parse_args()
    if min(given.epochs, given.rounds) < 1:
        parser.error("--epochs and --rounds must be at least 1")
    with_torch = importlib.util.find_spec("torch") is not None
    if not with_torch:
        print("PyTorch is not installed and left out: pip install -e .[bench]", file=sys.stderr)
    with_onnx = with_torch and importlib.util.find_spec("onnxruntime") is not None
    epochs, rounds, tries = (1, 1, 1) if given.quick else (given.epochs, given.rounds, 3)
    plan = Plan(given.data, epochs, rounds, tries=tries, with_torch=with_torch,
                with_onnx=with_onnx)  # fmt: skip
    results = Results(machine(), epochs, rounds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is running ends too
    try:
        # Before anything is measured: complain of missing files, or download them.
        for net, batch in plan.work:
            NETS[net].dataset(NETS[net].load(batch), given.data)
        for measure in MEASUREMENTS:
            measure(plan, results)
    except (Failed, LenetError) as failure:
        raise SystemExit(str(failure)) from None
    print(tables(results))
    if given.write:
        path = ROOT / "docs" / "performance.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(document(results), encoding="utf-8")
        draw(results, path.parent)
        print(f"written: {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
