"""Nets of many layers: how long it takes to compile them and to train a step, and the memory.

    python bench/deep.py [--layers 200 1000 5000] [--kinds alike linear ...]

Prints a table. Each line is two processes of their own, one after the other, with a cache of their
own: the first compiles everything, the second takes it from the cache.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

_HEAD = "input 1x8x8\nconv 8x3x3 pad 1\nrelu\n"
_TAIL = "flatten\nlinear 10\nlogsoftmax\ntrain\n  loss nll\n  rate 0.001\n  batch 64\n"
_BODIES = {
    "alike": "conv 8x3x3 pad 1\nrelu\n",
    "residual": "add\n  path\n    relu\n    conv 8x3x3 pad 1 bias no\n    batchnorm\n  path\n",
    "dropout": "conv 8x3x3 pad 1\nrelu\ndropout 0.1\n",
    "linear": "linear 32\ntanh\n",
}


def spec_of(kind: str, layers: int) -> str:
    """A spec of some `layers`: "distinct" ones differ in shape, "dense" ones read all before."""
    if kind == "distinct":
        body = "".join(f"linear {16 + k}\nrelu\n" for k in range(layers // 2))
        return f"{_HEAD}flatten\n{body}{_TAIL}"
    if kind == "dense":
        body = "concat\n  path\n    conv 1x3x3 pad 1\n    relu\n  path\n"
        return _HEAD + body * (layers // 3) + _TAIL
    body = _BODIES[kind]
    count = (layers - 7) // sum(not line.strip().startswith("path") for line in body.splitlines())
    lines = "".join(f"  {line}\n" for line in body.splitlines())
    flat = "flatten\n" if kind == "linear" else ""
    return f"{_HEAD}{flat}repeat {count}\n{lines}{_TAIL}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, nargs="+", default=[200, 1_000, 3_000, 5_000])
    parser.add_argument(
        "--kinds", nargs="+", default=[*_BODIES], choices=[*_BODIES, "distinct", "dense"]
    )
    given = parser.parse_args()
    print("| net | layers | check | emit | compile | from the cache | step | memory |")
    print("| --- | -----: | ----: | ---: | ------: | -------------: | ---: | -----: |")
    for kind in given.kinds:
        for layers in given.layers:
            print(_line(kind, layers), flush=True)


def _line(kind: str, layers: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (_process(kind, layers, folder) for _ in range(2))
    times = [f"{cold[k]:.1f} s" for k in ("check", "emit", "compile")]
    times += [f"{warm['compile']:.1f} s", f"{1000 * warm['step']:.0f} ms", f"{cold['memory']} MiB"]
    return f"| {kind} | {cold['layers']:,} | {' | '.join(times)} |"


def _process(kind: str, layers: int, cache: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", kind, str(layers)]
    variables = {**os.environ, "LENET_CACHE": cache}
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(kind: str, layers: int) -> dict[str, Any]:
    """Seconds of each stage, and the most memory, MiB."""
    import numpy as np

    from lenet.compiler.jit.cache import load
    from lenet.compiler.pipeline import compile_graph
    from lenet.dsl.check import check_graph
    from lenet.runtime.data.dataset import Images
    from lenet.runtime.training.communicator import Alone
    from lenet.runtime.training.normalization import Normalization
    from lenet.runtime.training.parameters import initial_weights
    from lenet.runtime.training.predictor import Predictor
    from lenet.runtime.training.slices.shard import deal
    from lenet.runtime.training.step import Trainer
    from lenet.runtime.training.updater import updater_of

    marks = [time.perf_counter()]

    def mark() -> float:
        marks.append(time.perf_counter())
        return marks[-1] - marks[-2]

    found: dict[str, Any] = {}
    graph = check_graph(spec_of(kind, layers), f"{kind}.lenet")
    found["layers"], found["check"] = len(graph.nodes), mark()
    program = compile_graph(graph)
    found["emit"] = mark()
    loaded = load(program)
    loaded.compile(*program.functions)
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (64, *graph.input), np.uint8)
    images = Images(pixels, random.integers(0, 10, 64).astype(np.int32))
    normalization = Normalization(np.full(1, 1 / 255, np.float32), np.zeros(1, np.float32))
    assert graph.train is not None
    weights = initial_weights(program, 1)
    shard, updater = deal(images, images, 4), updater_of(graph, program)
    trainer = Trainer(loaded, shard, normalization, weights, updater, 64, 1, 2, Alone())
    trainer.start_epoch(0)
    trainer.step(0, 0.001)
    found["compile"] = mark()
    trainer.step(0, 0.001)
    found["step"] = mark()
    flat = pixels.reshape(64, -1)
    predictor = Predictor(loaded, 2).take(trainer.weights)
    blocks = predictor.outputs(flat, normalization, in_blocks=True)
    single = predictor.outputs(flat[:1], normalization)
    assert np.allclose(blocks[:1], single, atol=1e-3, equal_nan=True)
    whose = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    found["memory"] = max(resource.getrusage(who).ru_maxrss for who in whose) // 1024
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_measure(sys.argv[2], int(sys.argv[3]))))
    else:
        main()
