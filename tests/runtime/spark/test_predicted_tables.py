"""Tables that executors predict into files: what `predict_files` makes of them, in any order."""

from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from test_odd_rows import GOOD, ROWS, SPEC, TABLE, written
from test_tables import trained

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.models.predicted_file import predict_files

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("frames")]
# Texts of numbers, of which Java reads some in a way of its own.
NUMBERS = ("0.5", " 0.5", "+0.5", "5e-1", ".5", "5.", "1d", "1f", "0x1p3", "Infinity", "NaN", "NA",
           "", "true", "1e999", "1,5", "many", "-0.0", "123456789.123456789")  # fmt: skip


@pytest.fixture(scope="module")
def model() -> lenet.Model:
    return trained(SPEC, TABLE)


def read(path: Path) -> list[dict[str, Any]]:
    return sorted(pyarrow.parquet.read_table(path).to_pylist(), key=lambda row: int(row["more"]))


def both(spark, model: lenet.Model, path: Path) -> list[dict[str, Any]]:
    """The answers of the executors, which are those that there are here."""
    from lenet.runtime.spark.predicted_table import predict_on_spark

    here, there = path.with_suffix(".here.parquet"), path.with_suffix(".there.parquet")
    wanted = predict_files(model, [path], here)
    found = predict_on_spark(spark, model, [str(path)], str(there), ".parquet")
    assert (found.rows, found.unusable) == (wanted.rows, wanted.unusable)
    told = ("prediction", "error")
    rows = [{name: row[name] for name in told} for row in read(there)]
    assert rows == [{name: row[name] for name in told} for row in read(here)]
    return rows


def test_a_csv_whose_lines_are_rows(spark, model: lenet.Model, tmp_path: Path) -> None:
    columns = [*GOOD, "more"]
    lines = [",".join(columns)]
    for k, number in enumerate(NUMBERS):
        row = GOOD | {"a": f'"{number}"' if "," in number else number, "more": k}
        lines.append(",".join(str(row[name]) for name in columns))
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines) + "\n")
    rows = dict(zip(NUMBERS, both(spark, model, path), strict=True))
    assert rows["1d"]["error"] == "1d is no number (a, b)"
    assert rows["0.5"] == rows[" 0.5"] == rows["5e-1"]


def test_texts_over_several_lines(spark, model: lenet.Model, tmp_path: Path) -> None:
    path = written(tmp_path / "rows.csv", [*GOOD])
    head, *rest = path.read_text().splitlines()
    assert len(rest) == len(ROWS)
    lines = [f"{head},more", *(f"{line},{k}" for k, line in enumerate(rest))]
    for text in ("good\nfilm", 'a ""good"" film'):
        lines.append(f'1,x,"{text}",0.5,1.0,{len(lines) - 1}')
    path.write_text("\n".join(lines) + "\n")
    rows = both(spark, model, path)
    assert len(rows) == len(ROWS) + 2 and rows[-1]["error"] is None


def test_files_with_other_columns(spark, model: lenet.Model, tmp_path: Path) -> None:
    from lenet.runtime.spark.predicted_table import predict_on_spark

    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, names in zip(paths, ([*GOOD], [*reversed(GOOD)]), strict=True):
        row = ",".join(str(GOOD[name]) for name in names)
        path.write_text(f"{','.join(names)}\n{row}\n")
    given = [str(path) for path in paths]
    with pytest.raises(LenetError, match="have different columns"):
        predict_on_spark(spark, model, given, str(tmp_path / "out"), ".parquet")
    paths[1].write_text(paths[0].read_text())
    out = str(tmp_path / "out")
    assert predict_on_spark(spark, model, given, out, ".parquet").rows == 2
