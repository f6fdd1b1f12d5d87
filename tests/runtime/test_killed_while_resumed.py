"""A run that is killed while it goes on with other settings: it can always go on once more."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_resumed import spec, train

import lenet
from lenet.runtime.records.checkpoint import State

# Goes on with other settings, and dies before the END-th change of a file of the run; or tells all.
KILLED = """\
import os, sys
from pathlib import Path

import lenet
from lenet.runtime.machine.files import Tail

path, folder, end = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
changes = []

def counted(function, name_of):
    def change(*given, **named):
        name = Path(name_of(*given))
        if name.is_relative_to(folder):
            if len(changes) == end:
                os._exit(9)
            changes.append(str(name.relative_to(folder)))
        return function(*given, **named)
    return change

os.replace = counted(os.replace, lambda source, target: target)
os.unlink = counted(os.unlink, lambda path, **_: path)
Tail.flush = counted(Tail.flush, lambda tail, *_: tail.path)
lenet.train(path, output=folder, engine="local", resume=True, epochs=4, progress=False)
print("\\n".join(changes))
"""


def killed(path: Path, folder: Path, end: int = 10**6) -> list[str]:
    """The files that were changed one after the other, if it was not killed."""
    command = [sys.executable, "-c", KILLED, str(path), str(folder), str(end)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == (0 if end == 10**6 else 9), done.stderr
    return done.stdout.splitlines()


def goes_on(folder: Path) -> str:
    """Without a word, with the settings that its folder tells."""
    network, about = lenet.api.load_again(folder)
    options = {**about.options, "epochs": 4}
    return lenet.train(network, output=folder, resume=True, progress=False, **options).digest


@pytest.mark.large
@pytest.mark.slow
def test_it_goes_on_wherever_it_is_killed(tmp_path: Path) -> None:
    change: dict[str, Any] = {"optimizer": "  optimizer adam", "checkpoint": "  l2 0.001"}
    train(spec(tmp_path, checkpoint="  checkpoint every epoch"), tmp_path / "run", 2)
    for name in ("plain", "other"):
        shutil.copytree(tmp_path / "run", tmp_path / name)
    expected = {goes_on(tmp_path / "plain")}
    path = spec(tmp_path, **change)
    changes = killed(path, tmp_path / "other")
    new = lenet.open(tmp_path / "other" / "model.safetensors").digest
    expected.add(new)
    told = changes.index("run.json")
    first = next(k for k, name in enumerate(changes) if name.startswith("checkpoints/"))
    assert told < first and len(expected) == 2
    for end in range(min(first + 4, len(changes))):
        folder = tmp_path / f"killed-{end}"
        shutil.copytree(tmp_path / "run", folder)
        killed(path, folder, end)
        again = tmp_path / f"again-{end}"
        shutil.copytree(folder, again)
        assert goes_on(folder) == (new if end > told else (expected - {new}).pop()), changes[end]
        assert train(path, again, 4)[0].digest == new, changes[end]


def test_checkpoints_stay_as_they_are_until_they_are_no_longer_needed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    train(spec(tmp_path), folder, 2)
    before = {p.name: p.read_bytes() for p in (folder / "checkpoints").iterdir()}
    earlier = []

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "compiled":
            assert {p.name: p.read_bytes() for p in (folder / "checkpoints").iterdir()} == before
            earlier.append(json.loads((folder / "run.json").read_text()).get("earlier"))

    for epochs, rate in ((3, "0.01"), (4, "0.02"), (5, "0.02")):
        lenet.train(spec(tmp_path, rate=f"  rate {rate}"), output=folder, engine="local",
                    resume=True, epochs=epochs, progress=False, watch=watch)  # fmt: skip
        before = {p.name: p.read_bytes() for p in (folder / "checkpoints").iterdir()}
    (first,), (second,), third = earlier
    assert "  rate r\n" in first["source"] and "rate 0.01" in second["source"]
    assert not third


def test_an_older_checkpoint_is_taken_where_the_newest_is_damaged(tmp_path: Path) -> None:
    """Also where that was written with other settings than the newest."""
    folder = tmp_path / "run"
    train(spec(tmp_path, checkpoint="  checkpoint every epoch"), folder, 2)
    path = spec(tmp_path, checkpoint="  l2 0.001")
    expected, _ = train(path, folder, 3)
    newest = max((folder / "checkpoints").iterdir())
    older = sorted((folder / "checkpoints").iterdir())[-2]
    assert State.job_of(newest.read_bytes()) != State.job_of(older.read_bytes())
    newest.write_bytes(b"x")
    again, said = train(path, folder, 3)
    assert again.digest == expected.digest
    assert "damaged" in said[0] and "goes on with other settings" in said[1]
