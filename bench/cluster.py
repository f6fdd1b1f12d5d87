"""Several workers on this machine: what an iteration costs, and how fast a DataFrame is predicted.

    python bench/cluster.py [--rounds 3] [--rows 1000000] [--write FILE.json]

Training: two executors of one core each, in a local cluster, against two threads in one process, in
turns; lenet5, batch 2,048. All-reduce: 2 to 4 processes, over the loopback device, and with as
many bytes a second as a network of 10 Gb/s carries (bench/network.py). Prediction:
`LenetModel.transform` over random images, against `Model.predict` in this process.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from network import all_reduce  # noqa: E402

import lenet  # noqa: E402
from lenet.compiler.jit.cache import load  # noqa: E402
from lenet.compiler.pipeline import compile_graph  # noqa: E402
from lenet.runtime.bench import training_speed  # noqa: E402
from lenet.runtime.data.dataset import Dataset, Images  # noqa: E402

SPEC = ROOT / "specs" / "lenet5.lenet"
NETWORK = 10.0  # gigabits a second


def images(count: int, shape: tuple[int, ...] = (1, 28, 28)) -> Dataset:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, *shape), np.uint8)
    labels = random.integers(0, 10, count).astype(np.int32)
    few = Images(pixels[:128], labels[:128])
    return Dataset("random", Images(pixels, labels), few, tuple("0123456789"), 1 / 255)


def steps(
    dataset: Dataset, single: list[float] | None = None, spec: Path = SPEC, **options: Any
) -> list[float]:
    """Mean seconds of an iteration, of three epochs behind the first; `single` gets those of each
    full step."""
    times: list[tuple[int, float]] = []
    train = lenet.load(spec).graph.train
    assert train is not None and train.batch is not None
    batch = train.batch

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            times.append((event["epoch"], event["seconds"]))
        if event["event"] == "iteration" and single is not None and event["epoch"] > 1:
            single.append(batch / event["images_per_second"])

    lenet.train(spec, dataset, epochs=4, watch=watch, **options)
    count = -(-len(dataset.train) // batch)
    return [seconds / count for epoch, seconds in times if epoch > 1]


def training(session: Any, rounds: int) -> dict[str, Any]:
    dataset = images(61_440)
    found: dict[str, list[float]] = {"one thread": [], "two threads": [], "two executors": []}
    single: list[float] = []
    for _ in range(rounds):
        found["one thread"] += steps(dataset, single, engine="local", threads=1)
        found["two threads"] += steps(dataset, engine="local", threads=2)
        found["two executors"] += steps(dataset, spark=session, workers=2)
    medians = {name: statistics.median(values) for name, values in found.items()}
    ratio = medians["two executors"] / medians["two threads"]
    for name, seconds in medians.items():
        print(f"{name:<14} {seconds * 1e3:7.2f} ms an iteration", flush=True)
    print(f"two executors cost {ratio - 1:+.1%} over two threads", flush=True)
    return {"step_seconds": medians, "ratio": ratio, "one_thread_steps": single}


def resnet20() -> dict[str, Any]:
    """Seconds of one thread for an image, the operations that it does in one, and seconds of single
    steps of 128 images."""
    graph = lenet.load(ROOT / "bench" / "resnet20.lenet").graph
    pixels = np.random.default_rng(0).integers(0, 256, (512, 3, 32, 32), np.uint8)
    data = Images(pixels, np.zeros(512, np.int32))
    speed = training_speed(graph, load(compile_graph(graph)), data, 128, 1)
    macs = sum(node.macs for node in graph.nodes)
    print(f"ResNet-20: {speed:,.0f} images/s of one thread", flush=True)
    single: list[float] = []
    spec = ROOT / "bench" / "resnet20.lenet"
    steps(images(5_120, (3, 32, 32)), single, spec, engine="local", threads=1)
    return {"resnet20_seconds": 1 / speed, "flops": 6 * macs * speed, "resnet20_steps": single}


def prediction(session: Any, rows: int) -> dict[str, float]:
    from pyspark.sql import functions as F

    from lenet.ml import LenetModel

    model = lenet.train(SPEC, images(4096), engine="local", epochs=1)
    pixels = np.random.default_rng(1).integers(0, 256, (100_000, 1, 28, 28), np.uint8)
    model.predict(pixels[:10_000])
    local = []
    folder = Path(tempfile.mkdtemp(prefix="lenet-bench-"))
    try:
        # Random bytes made by Spark itself, so that the file is read as any other.
        block = [(bytearray(pixels[k].tobytes()),) for k in range(2_000)]
        small = session.createDataFrame(block, "image binary")
        many = small.crossJoin(session.range(-(-rows // 2_000)).select(F.lit(1).alias("one")))
        many.select("image").write.parquet(str(folder / "images"))
        transformer = LenetModel(model).setFeaturesCol("image")

        def predicted() -> int:
            """All rows, anew: Spark keeps what a DataFrame has shuffled once."""
            frame = session.read.parquet(str(folder / "images"))
            found = transformer.transform(frame)
            ((_, count),) = found.agg(F.sum("prediction"), F.count("prediction")).collect()
            return int(count)

        count = predicted()  # the workers compile and load
        cluster = []
        for _ in range(3):
            before = time.perf_counter()
            model.predict(pixels)
            local.append(len(pixels) / (time.perf_counter() - before))
            before = time.perf_counter()
            predicted()
            cluster.append(count / (time.perf_counter() - before))
    finally:
        shutil.rmtree(folder)
    speeds = {"process": statistics.median(local), "frame": statistics.median(cluster)}
    print(f"predict: {speeds['process']:,.0f} images/s in this process, "
          f"{speeds['frame']:,.0f} over {count:,} rows of a DataFrame "
          f"({speeds['frame'] / speeds['process']:.0%})", flush=True)  # fmt: skip
    return speeds


def spark_home() -> str:
    """pip's Spark, where a local cluster may write its folder `work`."""
    import pyspark

    home = Path(tempfile.mkdtemp(prefix="lenet-spark-"))
    for path in Path(pyspark.__file__).parent.iterdir():
        (home / path.name).symlink_to(path)
    return str(home)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("all_reduce", "training", "prediction"))
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    os.environ["SPARK_HOME"] = spark_home()
    found: dict[str, Any] = {}
    wanted = [arguments.only] if arguments.only else ["all_reduce", "training", "prediction"]
    if "all_reduce" in wanted:
        found["all_reduce"] = all_reduce()
        print(f"with {NETWORK:g} Gb/s:", flush=True)
        found["network"] = all_reduce(NETWORK)
    from lenet.runtime.spark.session import start_session

    settings = {"spark.executor.memory": "2g", "spark.driver.memory": "3g"}
    session = start_session("local-cluster[2,1,2048]", "bench", settings=settings)
    session.sparkContext.setLogLevel("ERROR")
    try:
        if "training" in wanted:
            found["training"] = training(session, arguments.rounds)
            found |= resnet20()
        if "prediction" in wanted:
            found["prediction"] = prediction(session, arguments.rows)
    finally:
        session.stop()
        shutil.rmtree(os.environ["SPARK_HOME"])
    if arguments.write:
        arguments.write.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
