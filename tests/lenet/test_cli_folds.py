"""`lenet train` of a file that says `folds`: what it prints, for people and for programs."""

import json
from pathlib import Path

import pytest
from test_cli_train import fails, run

NET = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
  folds 2
train
  rate 0.1
  batch 64
  stop after 1 epoch
  validate top1 loss every epoch
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.lenet").write_text(NET)
    return tmp_path / "net.lenet"


def test_folds_for_people_and_programs(spec: Path) -> None:
    done = run("train", spec, "--engine", "local", "-o", "run")
    assert done.exit_code == 0, done.output
    assert "fold 2 of 2: top1 " in done.stderr and "\nall rows\n" in done.stderr
    assert "was lost" not in done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["fold", "1", "2", "mean", "±"]
    assert "folds    run/fold-1 to fold-2" in lines
    assert all(len(line) <= 80 for line in done.output.splitlines())
    page = Path("run/report.html").read_text()
    assert "To repeat it" in page and "folds 2" in page and "deviation" in page
    again = run("train", "--resume", "run", "--json", "--no-report")
    told = [json.loads(line) for line in again.stdout.splitlines()]
    kinds = [t["event"] for t in told if t["event"] not in ("data", "epoch", "warning")]
    assert kinds == ["fold", "fold_done", "fold", "fold_done", "fold", "done"]
    values = [t["validation"]["top1"] for t in told if t["event"] == "fold_done"]
    assert told[-1]["metrics"]["top1"] == pytest.approx(sum(values) / 2)
    assert told[-1]["deviation"]["top1"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert told[-1]["folds"][1]["model"] == "run/fold-2/model.safetensors"
    fails(run("train", spec, "-o", "run"), "there is a run in run already", "--resume run")


def test_too_many_folds(spec: Path) -> None:
    spec.write_text(NET.replace("folds 2", "folds 1438"))
    fails(run("train", spec, "--engine", "local", "-o", "run"), "1,437 rows", "`folds 1437`")
    assert not Path("run").exists()
