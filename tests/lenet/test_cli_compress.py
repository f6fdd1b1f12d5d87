"""`lenet compress`: what it prints and writes, and how it is used."""

import json
from pathlib import Path

import pytest
from test_cli_train import fails, run

from lenet.runtime.compressing.measured import Measured, errors_of
from lenet.runtime.models.evaluation import Evaluation
from lenet.runtime.models.model import Model
from lenet.terminal.compressing import compared_lines

NET = """\
let units = 12

input 1x8x8
reshape 64
linear units    as hidden
tanh
linear 10       as out
logsoftmax

data digits

train
  optimizer sgd momentum 0.9
  rate 0.05
  batch 64
  stop after 2 epochs
"""


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "net.lenet").write_text(NET)
    result = run("train", folder / "net.lenet", "--engine", "local", "-o", folder / "run",
                 "--no-report")  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder


def test_a_smaller_net_and_its_folder(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(there)
    model = "run/model.safetensors"
    result = run("compress", model, "--prune", 0.5, "--each", "--epochs", 1, "--rate",
                 "0.02 cosine", "--engine", "local", "-o", "small")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("50% of the weights become 0, and stay so\n")
    assert "  not 0 " in result.stdout and "top1 " in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.split("\n"))
    made = {path.name for path in Path("small").iterdir()}
    assert made >= {"net-small.lenet", "begin.safetensors", "model.safetensors", "report.html"}
    text = Path("small/net-small.lenet").read_text()
    for line in ("rate 0.02 cosine", "prune 0.5 each", 'start from "begin.safetensors"'):
        assert f"  {line}\n" in text
    fails(run("compress", model, "--prune", 0.5, "--engine", "local", "-o", "small"),
          "there is a run in small already", "--force")  # fmt: skip
    again = run("compress", model, "--prune", 0.5, "--epochs", 1, "--engine", "local", "-o",
                "small", "--force", "--json")  # fmt: skip
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    done = lines[-1]
    assert done["event"] == "done" and done["file"] == "small/net-small.lenet"
    assert done["after"]["nonzero"] < done["before"]["nonzero"] == done["before"]["parameters"]
    assert done["before"]["metrics"]["count"] == sum(row["count"] for row in done["classes"])
    assert Model.open("small/model.safetensors").digest == done["digest"]


def test_wrong_usage_is_told(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(there)
    model = "run/model.safetensors"
    assert run("compress", model).exit_code == 2
    assert "say how: --channels, --prune, --rank, --int8" in run("compress", model).output
    fails(run("compress", model, "--prune", 2), "a share between 0 and 1, not 2")
    fails(run("compress", "none.safetensors", "--prune", 0.5), "there is no file none.safetensors")
    fails(run("compress", model, "--channels", 0.5, "--set", "units=9"), "no hidden.weight of this")
    fails(run("compress", model, "--prune", 0.5, "--rate", "fast", "-o", "bad"), "rate")
    fails(run("compress", model, "--rank", 0.1), "no linear layer becomes smaller")


def test_a_check_reads_the_teacher(there: Path) -> None:
    path = there / "student.lenet"
    line = '  teach "run/model.safetensors"\n'
    path.write_text(NET + line)
    assert run("check", path).exit_code == 0
    path.write_text(NET.replace("linear 10  ", "linear 9   ").replace("data digits", "") + line)
    found = json.loads(run("check", path, "--json").stdout)
    assert found["code"] == "E097" and found["line"] == len(NET.splitlines()) + 1
    assert "has 10 classes, and this net has 9" in found["title"]


def test_what_is_worse_is_named() -> None:
    def rows(*recalls: float) -> Evaluation:
        labels = "cat", "dog", "cow"
        found = [
            {"label": label, "count": 100, "recall": recall}
            for label, recall in zip(labels, recalls, strict=True)
        ]
        return Evaluation({"count": 300, "top1": sum(recalls) / 3}, found, {})

    old, new = rows(0.9, 0.8, 0.7), rows(0.88, 0.9, 0.6)
    assert [row["label"] for row in errors_of(old, new)] == ["cow", "cat", "dog"]
    text = NET.replace("  optimizer", "  validate top1 every epoch\n  optimizer")
    model = Model(text, {}, tuple(map(str, range(10))), 1 / 16, (0.0,), (1.0,))
    before = Measured(22278, 22278, 96344, 221800, 99616.4, 17.6, old)
    after = Measured(6725, 6725, 34116, 108256, 206196.2, 12.9, new)
    assert list(compared_lines(model, before, after)) == [
        "                    before    after",
        "parameters          22,278    6,725  x 0.30",
        "bytes of the file   96,344   34,116  x 0.35",
        "multiply-adds      221,800  108,256  x 0.49",
        "images a second     99,616  206,196  x 2.07",
        "one image, µs           18       13  x 0.73",
        "top1                80.00%   79.33%",
        "classes of which more is wrong",
        "  cow  30  to  40  of 100",
        "  cat  10  to  12  of 100",
    ]
