"""The same prediction in ONNX Runtime: seconds of 10,000 images and of one, printed as JSON."""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from ours import IMAGES, times
from pytorch import build

from lenet.runtime.machine.cores import available_cores
from nets import NETS

BATCHES = (64, 256, 1000, IMAGES)  # the best of them counts


def session() -> onnxruntime.InferenceSession:
    net = build(NETS["lenet5"].load(128)).eval()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        torch.onnx.export(
            net, (torch.zeros(2, 1, 28, 28),), str(path), input_names=["x"],
            dynamic_axes={"x": {0: "count"}}, dynamo=False,
        )  # fmt: skip
        return onnxruntime.InferenceSession(str(path), options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2, help="repetitions")
    given = parser.parse_args()
    run = session()
    images = np.random.default_rng(1).random((IMAGES, 1, 28, 28), np.float32)

    def predict(batch: int) -> None:
        for start in range(0, IMAGES, batch):
            run.run(None, {"x": images[start : start + batch]})

    many = [times(lambda batch=batch: predict(batch), given.epochs) for batch in BATCHES]
    one = images[:1]
    found = {"many": min(many, key=min), "one": times(lambda: run.run(None, {"x": one}), 2000)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
