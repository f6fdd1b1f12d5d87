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
    "model.evaluate(digits.test.pixels, digits.test.labels)",
]
GOOD = "let width = 8\ninput 1x8x8\nconv width x 3x3\nflatten\nlinear 10\n"
STOPPED = """import os, signal, time
def stop(event):
    if event["event"] == "iteration" and event["iteration"] == 30:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
lenet.train(net, engine="local", output="FOLDER/run", watch=stop)"""
# With the extension.
MORE = {
    "load": "%load_ext lenet",
    "good": f"%%lenet small --set width=12 --save 'FOLDER/small.lenet'\n{GOOD}",
    "bad": "%%lenet small --quiet\ninput 1x8x8\nconv2d 8x3x3\nlinear <b>\n",
    "values": "small.parameter_count, open('FOLDER/small.lenet').read()",
    "name": "%%lenet class\ninput 8\nlinear 2\n",
    "blocks": "%%lenet --save FOLDER/parts.lenet\nblock wide(n)\n  linear n\n  relu\n",
    "imports": '%%lenet other -q --save FOLDER/user.lenet\nimport "parts.lenet"\ninput 9\nwide 4\n',
    "error": "lenet.datasets.load('digitz')",
    "complete": "[get_ipython().kernel.do_complete(text, len(text))['matches'] for text in ("
    "'%%lenet\\ninput 1x8x8\\ndrop', '%%lenet\\ninput 8\\ntrain\\n  optim', 'drop')]",
    "stopped": STOPPED,
    "resumed": 'lenet.train(net, engine="local", output="FOLDER/run", resume=True).digest'
    " == model.digest",
    "unload": "%unload_ext lenet",
    "gone": "%%lenet\ninput 8\n",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    notebook = nbformat.v4.new_notebook()
    place = str(tmp_path_factory.mktemp("notebook"))
    sources = [*CELLS, *(source.replace("FOLDER", place) for source in MORE.values())]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for cell in notebook.cells[len(CELLS) :]:
        cell.metadata["tags"] = ["raises-exception"]
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


def more(cells: list[Any], name: str) -> list[Any]:
    """The outputs of a cell by its name."""
    found: list[Any] = cells[len(CELLS) + list(MORE).index(name)].outputs
    return found


def test_nothing_is_raised_and_nothing_else_is_written(cells: list[Any]) -> None:
    kinds = [[output["output_type"] for output in cell.outputs] for cell in cells[: len(CELLS)]]
    result = ["execute_result"]
    assert kinds == [result, ["display_data"], result, result, [], result, result]
    assert cells[5].outputs[0]["data"]["text/plain"] == "True"


def test_the_progress_is_one_display_that_ends_with_the_last_state(cells: list[Any]) -> None:
    (output,) = cells[1].outputs
    text = output["data"]["text/plain"]
    assert [line.split()[:2] for line in text.splitlines() if line.startswith("epoch")] == [
        ["epoch", "1"], ["epoch", "2"],
    ]  # fmt: skip
    assert text.splitlines()[0] == "spec: 2,970 parameters"
    assert text.splitlines()[-1].startswith("done in ")
    html = output["data"]["text/html"]
    assert "epoch   2" in html and html.count("<svg") == 2 and ">batches</text>" in html
    assert output["data"] in updates, "updated, and not shown anew"


def test_the_pages(cells: list[Any]) -> None:
    network, model, prediction = (page(cells[k]) for k in (0, 2, 3))
    assert "2,970 parameters" in network and "<table" in network and "data:image/svg" in network
    assert model.count("<svg") == 2 and "<details>" in model and "after 2 epochs" in model
    assert prediction.count("data:image/png;base64,") == 24 and "360 images" in prediction
    plain = [cells[k].outputs[0]["data"]["text/plain"] for k in (0, 2, 3)]
    assert plain[0] == "<Network spec: 2,970 parameters, 1x8x8 -> 10, 5 layers>"
    assert plain[1].startswith("<Model spec: ") and plain[2].startswith("<Prediction of 360 images")


def test_an_evaluation_is_tables(cells: list[Any]) -> None:
    evaluation = page(cells[6])
    assert evaluation.count("<table") == 3 and "360 evaluated" in evaluation
    assert "Most frequent mistakes: " in evaluation and "rgba(" in evaluation


def test_a_cell_is_a_net(cells: list[Any]) -> None:
    (shown,) = more(cells, "good")
    assert "small.lenet: " in shown["data"]["text/html"] and "<table" in shown["data"]["text/html"]
    (values,) = more(cells, "values")
    count = 12 * 9 + 12 + 12 * 36 * 10 + 10
    assert values["data"]["text/plain"] == repr((count, GOOD)), "the last good one is kept"
    (said,) = more(cells, "blocks")
    assert said["text"].endswith("parts.lenet: definitions and no net\n")
    assert more(cells, "imports") == [], "a file beside it is found"


def test_mistakes_stand_below_the_cell(cells: list[Any]) -> None:
    mistakes, error = more(cells, "bad")
    plain, html = mistakes["data"]["text/plain"], mistakes["data"]["text/html"]
    assert "error[E010]: there is no layer called `conv2d`" in plain
    assert "2 | conv2d 8x3x3\n  | ^^^^^^\n" in plain and "= fix: did you mean `conv`?" in plain
    assert "&lt;b&gt;" in html and "<b>" not in html and "^^^^^^</span>" in html
    assert error["output_type"] == "error" and error["traceback"] == ["small has 2 errors"]
    (name,) = more(cells, "name")
    assert name["text"] == "UsageError: %%lenet: 'class' cannot be the name of a variable\n"


def test_errors_of_ours_are_messages(cells: list[Any]) -> None:
    (error,) = more(cells, "error")
    text = "\n".join(error["traceback"])
    assert "error: there is no dataset 'digitz'" in text and 'did you mean "digits"?' in text
    assert "Traceback" not in text and ".py" not in text
    (gone,) = more(cells, "gone")
    assert "UsageError: Cell magic `%%lenet` not found" in gone["text"]


def test_words_are_completed(cells: list[Any]) -> None:
    (found,) = more(cells, "complete")
    layers, optimizer, python = eval(found["data"]["text/plain"])
    assert layers == ["dropout"] and optimizer == ["optimizer"] and "dropout" not in python


def test_a_stopped_training_goes_on(cells: list[Any]) -> None:
    display, error = more(cells, "stopped")
    assert error["ename"] == "KeyboardInterrupt"
    last = display["data"]["text/plain"].splitlines()[-1]
    assert last.startswith("stopped after ") and "resume=True goes on from iteration 3" in last
    resumed, same = more(cells, "resumed")
    assert same["data"]["text/plain"] == "True" and "goes on from" in resumed["data"]["text/plain"]
