"""Runs that go on with other settings than they had."""

from pathlib import Path
from typing import Any

import pytest

import lenet
from lenet.dsl.errors import LenetError

NET = """\
let r = 0.1
input 1x8x8
flatten
linear 20
tanh
linear 10
logsoftmax
data digits
train
  rate r
  optimizer sgd momentum 0.9
  batch 100
  stop after 9 epochs
  checkpoint every 4 iterations
"""


def spec(folder: Path, **lines: str) -> Path:
    path, text = folder / "net.lenet", NET
    for word, line in lines.items():
        (old,) = (known for known in NET.splitlines() if known.strip().startswith(word))
        text = text.replace(old, line)
    path.write_text(text)
    return path


def train(path: Path, folder: Path, epochs: int, **options: Any) -> tuple[lenet.Model, list[Any]]:
    events: list[Any] = []
    where = options if "spark" in options else {"engine": "local", **options}
    model = lenet.train(path, output=folder, epochs=epochs, progress=False, watch=events.append,
                        resume=(folder / "run.json").exists(), **where)  # fmt: skip
    return model, [e["text"] for e in events if e["event"] == "warning"]


@pytest.mark.parametrize("change", [
    {"optimizer": "  optimizer sgd momentum 0.5"}, {"rate": "  rate 0.01 cosine"},
    {"optimizer": "  optimizer adam"}, {"batch": "  batch 50"}, {"batch": "  l2 0.001"},
    {"data": "data digits\naugment\n  shift 1"},
])  # fmt: skip
def test_a_run_goes_on_with_other_lines(tmp_path: Path, change: dict[str, str]) -> None:
    check_it_goes_on(tmp_path, change, {"a": {}, "b": {"threads": 1}})


def test_a_run_goes_on_with_other_lines_on_spark(tmp_path: Path, spark: Any) -> None:
    change = {"optimizer": "  optimizer adam"}
    check_it_goes_on(tmp_path, change, {"a": {}, "b": {"spark": spark}})


def check_it_goes_on(tmp_path: Path, change: dict[str, str], engines: dict[str, Any]) -> None:
    digests = set()
    for name, where in engines.items():
        train(spec(tmp_path), tmp_path / name, 2)
        model, said = train(spec(tmp_path, **change), tmp_path / name, 4, **where)
        (told,) = said
        assert "goes on with other settings" in told
        assert next(iter(change.values())).strip().split("\n")[-1].strip() in told
        assert [e["epoch"] for e in model.history] == [1, 2, 3, 4]
        digests.add(model.digest)
        again, said = train(spec(tmp_path, **change), tmp_path / name, 5)
        assert not said and len(again.history) == 5
    assert len(digests) == 1
    plain, _ = train(spec(tmp_path), tmp_path / "plain", 4)
    assert plain.digest not in digests


def test_constants_have_other_values(tmp_path: Path) -> None:
    train(spec(tmp_path), tmp_path / "run", 2)
    _, said = train(spec(tmp_path), tmp_path / "run", 3, settings={"r": 0.01})
    assert said == ["the run goes on with other settings: r = 0.01"]
    network, about = lenet.api.load_again(tmp_path / "run", {"r": 0.5})
    assert network.graph.train.rate.bases == (0.5,) and about.options["epochs"] == 3


def test_another_seed_and_nothing_else(tmp_path: Path) -> None:
    train(spec(tmp_path), tmp_path / "run", 2)
    _, said = train(spec(tmp_path), tmp_path / "run", 3, seed=9)
    assert said == ["the run goes on with other settings: another seed"]
    _, said = train(spec(tmp_path), tmp_path / "run", 4, seed=9)
    assert said == []


def test_another_net_or_other_images_do_not_go_on(tmp_path: Path) -> None:
    train(spec(tmp_path), tmp_path / "run", 2)
    other = {"data": "data digits\n  validate 9"}
    for change in ({"linear 20": "linear 21"}, {"tanh": "relu"}, other):
        with pytest.raises(LenetError, match="another training") as error:
            train(spec(tmp_path, **change), tmp_path / "run", 3)
        assert "The net or the images" in error.value.detail


def test_the_batch_changes_between_epochs(tmp_path: Path) -> None:
    train(spec(tmp_path), tmp_path / "run", 2)
    for file in sorted((tmp_path / "run" / "checkpoints").iterdir())[-1:]:
        file.unlink()  # the newest one now is within an epoch
    with pytest.raises(LenetError, match="between two epochs only") as error:
        train(spec(tmp_path, batch="  batch 50"), tmp_path / "run", 3)
    assert "batch 100" in error.value.fix
