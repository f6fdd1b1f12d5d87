"""Nets of series: several columns that are told, and columns that are known ahead."""

import numpy as np
import pyarrow as pa
import pytest
from test_tables import TRAIN, trained

import lenet
from lenet import LenetError
from lenet.runtime.data.formats.columns import dataset_of_columns
from lenet.runtime.data.target import Target
from lenet.runtime.datasets import Wanted
from lenet.runtime.guesses import guesses_of
from lenet.runtime.metrics import Tally
from lenet.runtime.metrics.outcomes import outcomes_of
from lenet.runtime.training.source import InMemory
from lenet.runtime.unit import Unit

STEPS, AHEAD = 200, 4
SERIES = """\
input past {columns}x8
input coming 2x4
concat
  path from past
    conv 6x3 causal
    relu
    last
  path from coming
    flatten
linear {outputs}

data frame
  series {series} by place ordered by hour as past
  window 8 ahead 4
  known day sale as coming
{predict}  validate last 20 percent
  missing drop

"""
ONE = SERIES.format(columns=1, outputs=4, series="sold", predict="") + TRAIN
BOTH = (
    SERIES.format(columns=2, outputs=8, series="sold day", predict="  predict sold day\n") + TRAIN
)


def shop(known_ahead: int = AHEAD) -> pa.Table:
    """What is sold is 10, on the first day of a week 3 more, and in a sale 5 more. Of the steps at
    the end only day and sale are known."""
    random = np.random.default_rng(5)
    parts = []
    for place in "ab":
        hour = np.arange(STEPS + known_ahead)
        sale = random.random(len(hour)) < 0.3
        sold = 10 + 3.0 * (hour % 7 == 0) + 5 * sale
        parts.append(
            pa.table(
                {
                    "place": [place] * len(hour),
                    "hour": hour,
                    "day": hour % 7,
                    "sale": sale.astype(np.int64),
                    "sold": pa.array(sold, mask=hour >= STEPS),
                }
            )
        )
    return pa.concat_tables(parts)


def expected(table: pa.Table, place: str) -> np.ndarray:
    rows = [r for r in table.to_pylist() if r["place"] == place and r["hour"] >= STEPS]
    return np.array([10 + 3.0 * (r["day"] == 0) + 5 * r["sale"] for r in rows])


def test_what_is_known_ahead_is_taken_into_account() -> None:
    table = shop()
    model = trained(ONE.replace("6 epochs", "60 epochs"), table)
    found = lenet.forecast(model, table)
    assert found.columns == ("sold",) and [s.name for s in found.series] == ["a", "b"]
    for series in found.series:
        assert series.values.shape == (1, AHEAD) and series.time(1) == str(STEPS)
        sale = expected(table, series.name)
        assert np.abs(series.values[0] - sale)[sale % 5 == 0].max() < 1.5
    # The order of the rows does not matter, and other sales have other consequences.
    mixed = table.take(np.random.default_rng(0).permutation(table.num_rows))
    again = lenet.forecast(model, mixed)
    assert np.array_equal(again.series[1].values, found.series[1].values)
    none = table.set_column(3, "sale", pa.array(np.zeros(table.num_rows, np.int64)))
    assert not np.array_equal(lenet.forecast(model, none).series[1].values, found.series[1].values)


def test_what_is_known_must_be_known() -> None:
    model = trained(ONE, shop())
    with pytest.raises(LenetError, match="a has 3 rows behind its last one") as caught:
        lenet.forecast(model, shop(3))
    assert "add rows with day, sale" in caught.value.fix
    with pytest.raises(LenetError, match="has 4 rows .* what is known ahead") as caught:
        lenet.forecast(model, shop(), 5)
    assert "day, sale of 8 steps" in caught.value.detail
    assert lenet.forecast(model, shop(8), 7).series[0].values.shape == (1, 7)
    table = shop()
    day = table["day"].to_pylist()
    day[STEPS + 1] = None
    with pytest.raises(LenetError, match="a lacks a value"):
        lenet.forecast(model, table.set_column(2, "day", pa.array(day)))
    with pytest.raises(LenetError, match="no column sale"):
        lenet.forecast(model, table.drop_columns(["sale"]))


def test_what_is_known_is_a_number() -> None:
    """There are no categories of series, so none are advised."""
    table = shop()
    words = pa.array(["yes" if sale else "no" for sale in table["sale"].to_pylist()])
    with pytest.raises(LenetError, match=r"holds string, such as .* \(sale\)") as caught:
        trained(ONE, table.set_column(3, "sale", words))
    assert "leave sale out" in caught.value.fix and "category" not in caught.value.fix


def test_several_columns_are_told() -> None:
    table = shop(12)
    model = trained(BOTH.replace("6 epochs", "40 epochs"), table)
    assert model.classes[:5] == ("sold +1", "sold +2", "sold +3", "sold +4", "day +1")
    found = lenet.forecast(model, table, 9)  # it has told both columns that it sees
    assert found.columns == ("sold", "day")
    for series in found.series:
        days = np.arange(STEPS, STEPS + 9) % 7
        assert series.values.shape == (2, 9) and np.abs(series.values[1] - days).max() < 1
    only = "  predict sold\n"
    half = SERIES.format(columns=2, outputs=4, series="sold other", predict=only) + TRAIN
    other = table.append_column("other", table["sold"])
    with pytest.raises(LenetError, match="would have to know other") as caught:
        lenet.forecast(trained(half, other), other, 5)
    assert "predict sold other" in caught.value.fix


def test_the_simplest_answers_to_beat() -> None:
    """The steps before, and the mean, of each column that is told, in its unit."""
    graph, table = lenet.load(BOTH).graph, shop(0)
    wanted = Wanted(graph.data, target=Target.of(graph), inputs=graph.inputs)
    source = InMemory.of(dataset_of_columns(table, None, wanted))
    found = guesses_of(graph, source)
    assert set(found) == {"always the mean", "the last 4 steps again"}
    errors = []
    for place in "ab":
        rows = [r for r in table.to_pylist() if r["place"] == place]
        for k in range(STEPS * 8 // 10, STEPS - AHEAD + 1):
            for name in ("sold", "day"):
                values = [r[name] for r in rows]
                after, before = values[k : k + AHEAD], values[k - AHEAD : k]
                errors += [abs(x - y) for x, y in zip(after, before, strict=True)]
    assert found["the last 4 steps again"]["mae"] == pytest.approx(np.mean(errors), rel=1e-6)


def test_mase_compares_steps_of_one_column() -> None:
    random = np.random.default_rng(2)
    answers = random.normal(size=(20, 6)).astype(np.float32)
    answers[:, 3:] += 100  # the other column, whose first step does not follow the last of this one
    outputs = (answers + random.normal(size=answers.shape)).astype(np.float32)
    graph = lenet.load(
        "input 2x5\nflatten\nlinear 6\ndata frame\n  series a b\n  predict a b\n"
        "  window 5 ahead 3\n  validate last 20 percent\n" + TRAIN + "  validate mase every epoch\n"
    ).graph
    unit = Unit.of(graph, (0.0,) * 6, (1.0,) * 6)
    tally = Tally.of(graph.train.metrics, 6, unit=unit)
    found = tally.values(tally.count(outcomes_of(outputs, answers, True, unit)))["mase"]
    changes = np.abs(np.diff(answers.reshape(20, 2, 3), axis=2)).mean()
    assert found == pytest.approx(np.abs(outputs - answers).mean() / changes, rel=1e-6)


@pytest.mark.parametrize("spec", [ONE, BOTH], ids=["known", "several"])
def test_spark_trains_series_to_the_same_bits(spark, spec: str) -> None:  # type: ignore[no-untyped-def]
    there = trained(spec, shop(), engine="spark", spark=spark)
    assert there.digest == trained(spec, shop()).digest


def test_the_same_model_from_its_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    model = trained(ONE, shop())
    path = tmp_path / "model.safetensors"
    model.save(path)
    found = lenet.forecast(path, shop())
    assert np.array_equal(found.series[0].values, lenet.forecast(model, shop()).series[0].values)
