"""A whole search: the same however it is run, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.search.journal import NAME, read_journal

ROOT = Path(__file__).parents[3]
NET = """\
# the smallest net
input 1x8x8
reshape 64
linear 10 as score  # of the digits
logsoftmax

data digits
  validate 20 percent

train
  optimizer sgd momentum 0.9
  rate 0.001
  batch 64
  stop after 3 epochs

search
  rate log 0.0001 to 3
  optimizer momentum 0 to 0.99
  trials 9
"""


def search(text: str = NET, **options: Any) -> lenet.Found:
    return lenet.search(text, engine="local", progress=False, **options)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[lenet.Found, Path]:
    folder = tmp_path_factory.mktemp("search") / "one"
    return search(output=folder), folder


def same(a: lenet.Found, b: lenet.Found) -> bool:
    assert a.model is not None and b.model is not None
    told = a.trials == b.trials and a.best == b.best and a.text == b.text
    return told and a.model.digest == b.model.digest


def test_the_best_is_better_than_the_file(found: tuple[lenet.Found, Path]) -> None:
    result, _ = found
    own, best = result.trials[0], result.best
    assert own.settings == ("0.001", "0.9") and len(result.trials) == 10
    assert best is not None and own.value is not None and best.value is not None
    assert best.value > own.value
    assert best.value == max(r.value or 0 for r in result.trials if r.state == "done")
    assert {r.state for r in result.trials} == {"done", "stopped"}


def test_its_file_trains_to_its_model(found: tuple[lenet.Found, Path], tmp_path: Path) -> None:
    """The best file is a plain one, whose training has the bits of the trial."""
    result, folder = found
    assert "search" not in result.text and "# of the digits" in result.text
    assert (folder / "best.lenet").read_text() == result.text
    model = lenet.train(folder / "best.lenet", engine="local", progress=False)
    assert result.model is not None and result.best is not None
    assert model.digest == result.model.digest
    assert model.history[-1]["validation"]["top1"] == result.best.value
    assert lenet.open(folder / "model.safetensors").digest == model.digest
    data = lenet.datasets.load("digits")
    assert data.test is not None  # which it has not seen
    tested = result.model.evaluate(data.test.pixels, data.test.labels)
    assert sum(map(sum, tested.confusion)) == 360


def test_four_at_once_find_the_same(found: tuple[lenet.Found, Path]) -> None:
    assert same(search(at_once=4), found[0])


def test_a_search_that_was_killed_goes_on_to_the_same(
    found: tuple[lenet.Found, Path], tmp_path: Path
) -> None:
    """With SIGKILL, when some trials of a round are done and others are not."""
    spec, folder = tmp_path / "net.lenet", tmp_path / "killed"
    spec.write_text(NET)
    code = f"import lenet; lenet.search({str(spec)!r}, engine='local', output={str(folder)!r})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    wait_for_trials(folder, 2)
    process.kill()
    process.wait()
    count = len(read_journal(folder).records)
    assert 2 <= count < 10
    result = lenet.search(output=folder, resume=True, at_once=2, progress=False)
    assert same(result, found[0])


def wait_for_trials(folder: Path, count: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if len(json.loads((folder / NAME).read_text())["trials"]) >= count:
                return
        except (OSError, ValueError):
            pass
        time.sleep(0.01)
    raise AssertionError("no trials")


def test_a_search_that_was_interrupted_goes_on_to_the_same(
    found: tuple[lenet.Found, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "stopped"
    done = 0

    def stop(trial: dict[str, Any]) -> None:
        nonlocal done
        done += 1
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        search(output=folder, watch=stop)
    assert same(lenet.search(output=folder, resume=True, progress=False), found[0])


def test_more_trials_later_are_those_of_a_longer_search(
    found: tuple[lenet.Found, Path], tmp_path: Path
) -> None:
    """Also where the last round was not whole."""
    folder = tmp_path / "longer"
    short = search(NET.replace("trials 9", "trials 5"), output=folder)
    assert short.trials == found[0].trials[:6]
    longer = lenet.search(output=folder, resume=True, trials=9, progress=False)
    assert longer.trials == found[0].trials


def test_trials_that_cannot_be_trained_are_told() -> None:
    """A shape that does not fit, and a rate that is too large, do not end the search."""
    text = NET.replace("reshape 64\n", "conv 4x3x3 as conv1\nflatten\n").replace(
        "batch 64", "batch 512"
    )
    text = text.split("search\n")[0].replace("stop after 3 epochs", "stop after 1 epochs")
    lines = "  conv1 in 4x3x3 4x9x9\n  rate in 0.001 1000000\n  sampler grid\n  early never\n"
    result = search(f"{text}search\n{lines}")
    states = {record.settings: record.state for record in result.trials[1:]}
    assert states[("4x3x3", "0.001")] == "done"
    assert states[("4x9x9", "0.001")] == states[("4x9x9", "1000000")] == "failed"
    assert states[("4x3x3", "1000000")] == "failed"
    reasons = {record.reason for record in result.trials if record.state == "failed"}
    assert any("diverged" in r for r in reasons) and any(r.startswith("line 3: ") for r in reasons)
    assert result.trials[1].same == 0  # what the file says is not trained twice


def test_a_metric_whose_smaller_values_are_better() -> None:
    text = NET.replace("trials 9", "trials 3\n  best loss\n  early never")
    result = search(text.replace("stop after 3", "validate top1 every epoch\n  stop after 1"))
    values = [record.value for record in result.trials]
    assert result.best is not None and result.best.value == min(v for v in values if v is not None)


def test_the_kept_model_is_judged_as_it_is() -> None:
    """With `keep best`, a trial's value is that of the epoch whose weights it has."""
    text = NET.replace("trials 9", "trials 3\n  early never").replace(
        "stop after", "validate top1 loss every epoch\n  keep best top1\n  stop after"
    )
    result = search(text)
    for record in result.trials:
        assert record.value == max(record.values)


def test_settings_are_in_the_file_that_is_found() -> None:
    text = "let size = 10\n" + NET.replace("linear 10", "linear size").replace(
        "trials 9", "trials 1"
    )
    text = text.replace("stop after 3", "let_epochs").replace("let_epochs", "stop after 1")
    text = text.replace("batch 64", "batch size * 8")
    result = search(text, settings={"size": 10})
    assert "let size = 10" in result.text
    with pytest.raises(LenetError, match="size is searched, and set"):
        search(text.replace("  rate log", "  size in 10 12\n  rate log"), settings={"size": 10})


def test_the_test_images_do_not_choose() -> None:
    x, y = np.zeros((40, 1, 8, 8), np.uint8), np.arange(40) % 10
    text = NET.replace("data digits\n  validate 20 percent\n", "")
    with pytest.raises(LenetError, match="would choose by the test images"):
        search(text, data=(x, y, x, y))
    held = NET.replace("data digits", "data frame").replace("trials 9", "trials 1")
    held = held.replace("stop after 3", "stop after 1")
    result = search(held, data=(x, y, x[:5], y[:5]))
    assert len(result.trials) == 2


def test_mistakes(found: tuple[lenet.Found, Path], tmp_path: Path) -> None:
    _, folder = found
    with pytest.raises(LenetError, match="does not say what to search"):
        search(NET.split("search\n")[0])
    with pytest.raises(LenetError, match="there is a search in"):
        search(output=folder)
    with pytest.raises(LenetError, match="there is no search in"):
        lenet.search(output=tmp_path, resume=True)
    with pytest.raises(LenetError, match="there is nothing to search"):
        lenet.search()


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        '{"format": "other"}',
        '{"format": "lenet-search-1", "trials": [{}], "seconds": 1}',
    ],
)
def test_a_damaged_journal(damage: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(damage)
    with pytest.raises(LenetError, match="is damaged"):
        lenet.search(output=tmp_path, resume=True)


def test_a_journal_of_another_search(found: tuple[lenet.Found, Path], tmp_path: Path) -> None:
    """Whose sampler would ask otherwise, or whose images are others."""
    said = json.loads((found[1] / NAME).read_text())
    for change, words in (
        ({"trials": [{**t, "settings": ["0.5", "0.5"]} for t in said["trials"]]}, "another one"),
        ({"images": "others"}, "not those that the search began with"),
    ):
        (tmp_path / NAME).write_text(json.dumps({**said, **change}))
        with pytest.raises(LenetError, match=words):
            lenet.search(output=tmp_path, resume=True, progress=False)


def test_tensorboard_has_the_hyperparameters(found: tuple[lenet.Found, Path]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    result, folder = found
    board = EventAccumulator(str(folder / "tensorboard" / "trial-0003")).Reload()
    contents = board.summary_metadata
    data = plugin_data_pb2.HParamsPluginData.FromString(
        contents["_hparams_/session_start_info"].plugin_data.content
    )
    settings = {k: v.number_value for k, v in data.session_start_info.hparams.items()}
    texts = result.trials[3].settings
    assert settings == {"rate": float(texts[0]), "optimizer momentum": float(texts[1])}
    values = [scalar.value for scalar in board.Scalars("validation/top1")]
    np.testing.assert_allclose(values, result.trials[3].values, rtol=1e-6)
