"""A notebook in a kernel of its own: progress, pages, nothing raised."""

import os
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
TEXT = """
input 1x8x8
conv 8x3x3
relu
reshape 8*6*6
linear 10 as score
logsoftmax
data digits
  normalize
train
  loss nll
  rate 0.2
  batch 64
  stop after 2 epochs
"""  # noqa: Q001
CELLS = [
    f'import lenet\ntext = """{TEXT}"""\nnet = lenet.load(text)\nnet',
    'model = lenet.train(net, engine="local")',
    "model",
    'digits = lenet.datasets.load("digits")\nmodel.predict(digits.test.pixels)',
    'quiet = lenet.train(text, engine="local", progress=False)',
    "quiet.digest == model.digest",
]


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    client = Counting(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": path})
    updates.extend(client.updates)
    if folder := os.environ.get("LENET_NOTEBOOK"):  # to look at it
        nbformat.write(notebook, Path(folder) / "digits.ipynb")
    return list(notebook.cells)


updates: list[dict[str, str]] = []


class Counting(nbclient.NotebookClient):
    """Keeps what the display was on its way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.updates: list[dict[str, str]] = []

    def process_message(self, message: Any, cell: Any, index: int) -> Any:
        if message["msg_type"] == "update_display_data":
            self.updates.append(message["content"]["data"])
        return super().process_message(message, cell, index)


def page(cell: Any) -> str:
    (output,) = cell.outputs
    return str(output["data"]["text/html"])


def test_nothing_is_raised_and_nothing_else_is_written(cells: list[Any]) -> None:
    kinds = [[output["output_type"] for output in cell.outputs] for cell in cells]
    result = ["execute_result"]
    assert kinds == [result, ["display_data"], result, result, [], result]
    assert cells[-1].outputs[0]["data"]["text/plain"] == "True"


def test_the_progress_is_one_display_that_ends_with_the_last_state(cells: list[Any]) -> None:
    (output,) = cells[1].outputs
    text = output["data"]["text/plain"]
    assert [line.split()[:2] for line in text.splitlines() if line.startswith("epoch")] == [
        ["epoch", "1"], ["epoch", "2"],
    ]  # fmt: skip
    assert text.splitlines()[0] == "spec: 2,970 parameters"
    assert text.splitlines()[-1].startswith("done in ")
    assert "epoch   2" in output["data"]["text/html"]
    assert updates and updates[-1] == output["data"], "updated, and not shown anew"


def test_the_pages(cells: list[Any]) -> None:
    network, model, prediction = (page(cells[k]) for k in (0, 2, 3))
    assert "2,970 parameters" in network and "<table" in network and "data:image/svg" in network
    assert model.count("<svg") == 2 and "<details>" in model and "after 2 epochs" in model
    assert prediction.count("data:image/png;base64,") == 24 and "360 images" in prediction
    plain = [cells[k].outputs[0]["data"]["text/plain"] for k in (0, 2, 3)]
    assert plain[0] == "<Network spec: 2,970 parameters, 1x8x8 -> 10, 5 layers>"
    assert plain[1].startswith("<Model spec: ") and plain[2].startswith("<Prediction of 360 images")
