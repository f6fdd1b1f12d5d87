"""`lenet search`: what it prints and writes, and how it is used."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from test_cli_train import fails, run

from lenet.dsl.check import check
from lenet.dsl.search.places import File, target_of
from lenet.pages.report import searched_page
from lenet.pages.search import search_svg
from lenet.runtime.search.importance import importances
from lenet.runtime.search.record import Found, Record
from lenet.terminal.searching import found_lines, trial_lines

NET = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
  validate 20 percent
train
  optimizer sgd momentum 0.9
  rate 0.001
  batch 64
  stop after 2 epochs
search
  rate log 0.001 to 1
  optimizer in sgd adam "adamw weight_decay 0.05"
  optimizer momentum 0 to 0.99
  trials 3
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.lenet").write_text(NET.replace('  optimizer in sgd adam "adamw', "  # "))
    return tmp_path / "net.lenet"


def test_a_search_and_its_folder(spec: Path) -> None:
    result = run("search", spec, "--engine", "local", "-o", "found", "--at-once", 2)
    assert result.exit_code == 0, result.output
    assert "trial   0  top1 " in result.stderr and "the file as it is" in result.stderr
    assert "  rate: log 0.001 to 1\n" in result.stderr
    assert result.stdout.startswith("trial ") and "3 trials beside the file" in result.stdout
    assert all(len(line) <= 80 for line in result.output.split("\n"))
    made = {path.name for path in Path("found").iterdir()}
    assert made >= {"best.lenet", "model.safetensors", "search.svg", "search.json", "report.html"}
    assert check(Path("found/best.lenet").read_text()).graph is not None
    ElementTree.parse("found/search.svg")
    again = run("search", "--resume", "found", "--json")
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["data", *["trial"] * 4, "done"]
    assert lines[1]["settings"] == {"rate": "0.001", "optimizer momentum": "0.9"}
    assert lines[-1]["best"]["value"] == max(line["value"] or 0 for line in lines[1:-1])
    fails(
        run("search", spec, "-o", "found"), "there is a search in found already", "--resume found"
    )


def test_wrong_usage(spec: Path) -> None:
    fails(run("search"), "name a FILE", code=2)
    fails(run("search", spec, "--resume", "x"), "name a FILE", code=2)
    fails(run("search", "--resume", "x", "-o", "y"), "without -o", code=2)
    fails(run("search", spec, "--at-once", 0), "--at-once", code=2)
    fails(run("search", spec, "--engine", "other"), "there is no engine", code=2)
    fails(run("search", "--resume", "nowhere"), "there is no search in nowhere")
    spec.write_text(NET.split("search\n")[0])
    fails(run("search", spec, "--engine", "local"), "does not say what to search")
    assert not Path("runs").exists()
    spec.write_text(NET.replace("  validate 20 percent\n", ""))
    fails(run("search", spec), "would choose by the test images", "validate 20 percent")


def found(*records: Record) -> Found:
    checked = check(NET)
    assert checked.graph is not None and checked.graph.search is not None
    file = File(checked.tree, checked.definitions, checked.lowered)
    spaces = tuple(target_of(space, file).space for space in checked.graph.search.spaces)
    done = [r for r in records if r.state == "done"]
    best = max(done, key=lambda r: r.value or 0, default=None)
    return Found(spaces, "top1", records, best, "", None)


OWN = Record(0, ("0.001", "sgd", "0.9"), "done", (0.8, 0.9), 0.9, 2)
ADAM = Record(1, ("0.01", "adam", ""), "done", (0.8, 0.95), 0.95, 2)
SLOW = Record(2, ("0.0011", "sgd", "0.1"), "stopped", (0.5,), None, 1)
BROKEN = Record(3, ("0.9", "adamw weight_decay 0.05", ""), "failed", reason="the training diverged")
AGAIN = Record(4, ("0.01", "adam", ""), "done", (0.8, 0.95), 0.95, 2, same=1)


def test_the_lines_of_trials() -> None:
    result = found(OWN, ADAM, SLOW, BROKEN, AGAIN)
    lines = [trial_lines(record, result)[0] for record in result.trials]
    assert lines[0] == "trial   0  top1 90.00%  best 95.00% of 1  the file as it is"
    assert lines[1] == "trial   1  top1 95.00%  rate 0.01  optimizer adam"
    assert lines[2].startswith("trial   2  top1 50.00%, stopped after 1 epoch  best 95.00% of 1")
    assert lines[3].startswith("trial   3  failed: the training diverged  best 95.00% of 1")
    assert lines[4].startswith("trial   4  top1 95.00%, the same as 1")


def test_the_table_at_the_end() -> None:
    assert found_lines(found(OWN, ADAM, SLOW, BROKEN, AGAIN)) == [
        "trial    top1  epochs   rate  optimizer  optimizer momentum",
        "    1  95.00%       2   0.01       adam                   -",
        " file  90.00%       2  0.001        sgd                 0.9",
        "4 trials beside the file, 1 stopped early, 1 failed, 1 the same as others",
        "  failed: the training diverged",
    ]
    assert found_lines(found(OWN, SLOW))[-1] == "no trial was better than the file as it is"


def test_the_picture() -> None:
    svg = search_svg(found(OWN, ADAM, SLOW, BROKEN, AGAIN), "a <name>")
    root = ElementTree.fromstring(svg)
    words = [text for element in root.iter() if (text := element.text)]
    assert {"rate", "optimizer momentum", "sgd", "adamw wei…", "a <name>: 4 trials"} <= set(words)
    circles = [e for e in root.iter() if e.tag.endswith("circle")]
    # The legend; those that were done or stopped, for each setting that they have.
    assert len(circles) == 4 + 3 + 3 + 2
    assert search_svg(found(BROKEN), "nothing").endswith("</svg>")


def test_the_page_of_a_search() -> None:
    about = {"spec": "net.lenet", "source": NET, "engine": "local", "seed": 3}
    result = replace(found(OWN, ADAM, SLOW, BROKEN, AGAIN), text=NET.split("search\n")[0])
    page = searched_page(result, "a <name>", about)
    assert "a &lt;name&gt;" in page and "<script" not in page
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "lenet search net.lenet --engine local --seed 3 --trials 4" in page
    assert "the training diverged" in page and "It takes 10 trials" in page
    pictures = re.findall("<svg.*?</svg>", page)
    assert len(pictures) == 1 + 3 + 1  # what colours mean, a panel each, and all together
    together = ElementTree.fromstring(pictures[-1])
    lines = [e for e in together.iter() if e.tag.endswith("path") and len(e)]
    assert len(lines) == 3  # those that were done or stopped
    assert searched_page(found(BROKEN), "nothing", {}).endswith("</html>\n")


def test_what_mattered() -> None:
    """The rate decides; the momentum is drawn beside it, and makes no difference."""
    rng = np.random.default_rng(1)
    records = []
    for number in range(24):
        rate = 10 ** rng.uniform(-3, 0)
        settings = (f"{rate:.4g}", "sgd", f"{rng.uniform(0, 0.99):.3g}")
        value = 0.9 + math.log10(rate) / 10
        records.append(Record(number, settings, "done", (value,), value, 1))
    shares = importances(found(*records))
    assert shares["rate"] > 0.8 and sum(shares.values()) == pytest.approx(1)
    assert "optimizer" not in shares  # which was the same in all
    assert importances(found(*records)) == shares
    assert importances(found(*records[:9])) == {}
    one = found(*(replace(record, value=0.5, values=(0.5,)) for record in records))
    assert importances(one) == {}
