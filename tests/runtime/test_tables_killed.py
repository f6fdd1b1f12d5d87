"""A training from a table that is killed goes on to the bits of one that is not."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest
from test_tables import LIKED, PRICES, TABLE, pairs

import lenet

PROGRAM = [sys.executable, "-c", "from lenet.cli import main; main()", "train"]


@pytest.mark.parametrize(
    ("engine", "spec", "table"),
    [
        pytest.param("local", LIKED, pairs(), id="liked"),
        pytest.param(
            "spark", PRICES, TABLE, id="columns", marks=[pytest.mark.spark, pytest.mark.large]
        ),
    ],
)
def test_killed_and_resumed(tmp_path: Path, engine: str, spec: str, table: pa.Table) -> None:
    """Items that have not been seen are drawn as if nothing had happened."""
    path, folder = tmp_path / "net.lenet", tmp_path / "run"
    text = spec.replace("data frame", 'data csv "rows.csv"').replace("6 epochs", "60 epochs")
    path.write_text(f"{text.rstrip()}\n  checkpoint every 7 iterations\n")
    pyarrow.csv.write_csv(table, tmp_path / "rows.csv")
    process = subprocess.Popen(
        [*PROGRAM, str(path), "--engine", engine, "-o", str(folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    seen = any(line.startswith("epoch   4") for line in iter(process.stderr.readline, ""))
    process.kill()
    process.communicate(timeout=60)
    assert seen
    done = subprocess.run(
        [*PROGRAM, "--resume", str(folder), "--engine", engine, "--json"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the training goes on from iteration" in done.stderr
    expected = lenet.train(path, engine="local", progress=False).digest
    assert json.loads(done.stdout.splitlines()[-1])["digest"] == expected
