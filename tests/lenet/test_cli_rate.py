"""`lenet rate`: the rate over a training, and the range test, against formulas written anew."""

import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from test_cli_train import fails, run

import lenet
from lenet.api import load
from lenet.pages.rate import course_svg, spans_decades
from lenet.rates import found_text
from lenet.runtime.make_job import make_job
from lenet.runtime.rates.course import Course, course_of
from lenet.runtime.resolve import resolve_data
from lenet.runtime.training import batch_size
from lenet.runtime.training.range_test import RangeTest, range_test
from lenet.runtime.training.source import InMemory

NET = """\
let batch_size = 64
input 1x8x8
reshape 64
linear 32
relu
linear 10
logsoftmax
data digits
  normalize
"""
IMAGES, STEPS = 1437, 23  # of the digits, and in an epoch of batches of 64


def text(train: str = "rate 0.1", stop: str = "stop after 4 epochs") -> str:
    return f"{NET}train\n  batch batch_size\n  {train}\n  {stop}\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with net.lenet in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.lenet").write_text(text())
    return tmp_path


def course(train: str, stop: str = "stop after 4 epochs", images: int = IMAGES) -> Course:
    graph = load(text(train, stop)).graph
    assert graph.train is not None
    return course_of(graph.train, images)


def named(found: Course) -> list[tuple[str, int, int]]:
    return [(point.name, point.epoch, point.iteration) for point in found.points]


# The course


def test_every_iteration_has_the_rate_of_the_formula() -> None:
    found = course("rate 0.4 decay 0.01")
    assert (found.steps, found.total, found.ends, found.complete) == (STEPS, 4 * STEPS, True, True)
    t = np.arange(4 * STEPS)
    np.testing.assert_allclose(found.rates, 0.4 / (1 + 0.01 * t), rtol=1e-12)
    assert named(found) == [("start", 1, 1), ("largest", 1, 1), ("last", 4, 92)]


def test_the_places_of_a_warmup_and_a_cosine() -> None:
    found = course("rate 0.1 cosine warmup 2 epochs")
    assert named(found) == [
        ("start", 1, 1), ("end of warmup", 2, 46), ("largest", 2, 46), ("last", 4, 92),
    ]  # fmt: skip
    start, top, _, last = (point.rate for point in found.points)
    assert start == pytest.approx(0.1 / 46) and top == 0.1
    assert last == pytest.approx(0.1 * (1 + math.cos(math.pi * 45 / 46)) / 2)


def test_changes_that_the_line_tells_and_those_of_stairs() -> None:
    told = course("rate 0.1 0.01 0.02 at 30 60 iterations decay 0.01")
    assert [p.iteration for p in told.points if p.name == "change"] == [31, 61]
    assert [p.rate for p in told.points if p.name == "change"] == pytest.approx(
        [0.01 / 1.3, 0.02 / 1.6]
    )
    stairs = course("rate 0.1 times 0.5 every epoch")
    changes = [p for p in stairs.points if p.name == "change"]
    assert [p.iteration for p in changes] == [24, 47, 70]
    assert [p.rate for p in changes] == [0.05, 0.025, 0.0125]
    for smooth in ("exponential 0.5 every epoch", "linear to 0", "polynomial 2", "decay 5"):
        assert len(course(f"rate 0.1 {smooth}").changes) == 0, smooth


def test_without_an_end_enough_is_looked_at() -> None:
    stop = "stop when top1 stalls for 3 epochs"
    found = course("rate 0.1", stop)
    assert (found.ends, found.total) == (False, 10 * STEPS)
    assert named(found)[-1] == ("last drawn", 10, 230)
    far = course("rate 0.1 0.01 at 40 epochs", stop)
    assert far.total == 80 * STEPS and far.points[2].iteration == 40 * STEPS + 1
    assert course("rate 0.1 times 0.5 every 8 epochs", stop).total == 32 * STEPS
    # Where both may end it, the length is known.
    assert course("rate 0.1 cosine", f"{stop}\n  stop after 5 epochs").ends


def test_very_long_trainings_are_looked_at_in_places() -> None:
    found = course("rate 0.1 0.01 at 123457 epochs", "stop after 1000000 epochs")
    assert not found.complete and len(found.iterations) <= 200_010
    assert found.total == 23_000_000 and found.points[-1].iteration == 23_000_000
    change = next(p for p in found.points if p.name == "change")
    assert (change.epoch, change.iteration, change.rate) == (123_458, 123_457 * STEPS + 1, 0.01)
    ElementTree.fromstring(course_svg("x", found))


def test_one_iteration_is_a_training() -> None:
    found = course("rate 0.1", "stop after 1 iterations")
    assert named(found) == [("start", 1, 1), ("largest", 1, 1), ("last", 1, 1)]
    ElementTree.fromstring(course_svg("x", found))


@pytest.mark.parametrize(
    ("rate", "logarithmic"),
    [
        ("rate 0.1", False),
        ("rate 0.1 0.01 0.001 at 1 2 epochs", False),
        ("rate 0.1 0.01 0.001 0.0001 at 1 2 3 epochs", True),
        ("rate 0.1 exponential 0.9 every iteration", True),
        # These fall to 0 in the end, through any number of decades.
        ("rate 0.1 cosine", False),
        ("rate 0.1 linear to 0", False),
    ],
)
def test_the_axis_is_logarithmic_over_more_than_two_decades(rate: str, logarithmic: bool) -> None:
    found = course(rate)
    assert spans_decades(found) == logarithmic
    assert ("logarithmic" in course_svg("x", found)) == logarithmic


def test_the_curve_lies_where_the_rates_are(here: Path) -> None:
    """Read back from the picture, by the ticks beside its axes."""
    (here / "net.lenet").write_text(text("rate 0.1 0.04 at 2 epochs warmup 1 epochs"))
    assert run("rate", "net.lenet").exit_code == 0
    svg = (here / "net.rate.svg").read_text()
    tree = ElementTree.fromstring(svg)
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', ""), "self-contained"
    texts = [e for e in tree.iter() if e.tag.endswith("text")]
    up = {float(e.text or 0): float(e.attrib["y"]) - 4 for e in texts
          if e.get("text-anchor") == "end"}  # fmt: skip
    across = {float(e.text or 0): float(e.attrib["x"]) for e in texts
              if e.get("text-anchor") == "middle" and (e.text or "").isdigit()}  # fmt: skip
    way = max((e.attrib["d"] for e in tree.iter() if e.tag.endswith("path")), key=len)
    places = [tuple(map(float, p.split())) for p in way.removeprefix("M").split("L")]
    (x0, x4), (y0, y1) = (across[0], across[4]), (up[0], up[0.1])
    seen = [((x - x0) / (x4 - x0) * 4, (y - y0) / (y1 - y0) * 0.1) for x, y in places]
    expected = course("rate 0.1 0.04 at 2 epochs warmup 1 epochs")
    for epoch, rate in seen:
        at = round(epoch * STEPS)
        near = {expected.rates[k] for k in (at - 1, at) if 0 <= k < len(expected.rates)}
        assert min(abs(rate - r) for r in near) < 3e-4, (epoch, rate)
    assert len(seen) > 90


def test_what_is_printed(here: Path) -> None:
    done = run("rate", "net.lenet")
    assert done.exit_code == 0 and done.stderr == "wrote net.rate.svg\n"
    assert done.stdout == (
        "net.lenet: 4 epochs of 23 iterations, 92 in all\n"
        "                epoch  iteration  rate\n"
        "start, largest      1          1   0.1\n"
        "last                4         92   0.1\n"
    )


def test_tables_are_narrow(here: Path) -> None:
    name = "a-net-with-a-name-that-is-much-longer-than-anybody-would-write-it.lenet"
    (here / name).write_text(text("rate 0.123456789 times 0.9 every 2 iterations"))
    done = run("rate", name)
    assert done.exit_code == 0 and all(len(line) <= 80 for line in done.stdout.splitlines())
    assert "33 more changes are not shown" in done.stdout
    assert done.stdout.count("\nchange ") == 12
    (here / name).write_text(text("rate 0.1", "stop when loss below 0.01"))
    assert "only a metric ends the training" in run("rate", name).stdout


def test_the_course_for_programs(here: Path) -> None:
    done = run("rate", "net.lenet", "--json", "-o", "x.svg", "--set", "batch_size=100")
    found = json.loads(done.stdout)
    assert (found["spec"], found["svg"], found["images"]) == ("net.lenet", "x.svg", IMAGES)
    assert (found["iterations_per_epoch"], found["iterations"], found["ends"]) == (15, 60, True)
    assert found["points"][-1] == {"point": "last", "epoch": 4, "iteration": 60, "rate": 0.1}
    assert [p["iteration"] for p in found["curve"]] == list(range(1, 61))
    assert (here / "x.svg").exists() and not (here / "net.rate.svg").exists()


def test_the_images_need_not_be_read(here: Path) -> None:
    """A program may give them, or a cluster have them: their number is enough."""
    for data in ("data frame", 'data images "hdfs:///pictures"'):
        (here / "net.lenet").write_text(text().replace("data digits", data))
        done = run("rate", "net.lenet", "--images", "6400")
        assert done.exit_code == 0 and "4 epochs of 100 iterations" in done.stdout
        fails(run("rate", "net.lenet"), "--images 60000")
    assert [path.name for path in sorted(here.iterdir())] == ["net.lenet", "net.rate.svg"]


# The range test


def growing(
    train: str = "rate 0.1", net: str = NET, threads: int = 1, wanted: int = 100, **other: Any
) -> RangeTest:
    network = load(text(train).replace(NET, net))
    graph, low, high = network.graph, other.get("low", 1e-7), other.get("high", 10.0)
    dataset = resolve_data(graph, network.path, None, None)
    assert isinstance(dataset, lenet.Dataset)
    source = InMemory.of(dataset)
    job, _ = make_job(graph, network.path, source, {})
    watch: list[Any] = []
    return range_test(job, source.shard(job.slices), threads, low, high, wanted, watch.append)


@pytest.fixture(scope="module")
def found() -> RangeTest:
    return growing()


def test_rates_grow_by_one_factor(found: RangeTest) -> None:
    np.testing.assert_allclose(found.rates, np.geomspace(1e-7, 10, 100), rtol=1e-12)


@pytest.mark.parametrize(
    "more", ["", "\n  loss crossentropy weights balanced", "\n  clip norm 0.1\n  freeze linear1"]
)
def test_the_losses_are_those_of_a_training_with_these_rates(more: str) -> None:
    """Every rate named in the file, for a training of its own: the same batches and steps, bit for
    bit, up to the short batch at the end of the epoch."""
    net = NET.replace("logsoftmax\n", "") if "crossentropy" in more else NET
    found = growing(f"rate 0.1{more}", net)
    rates = " ".join(f"{rate!r}" for rate in found.rates[: STEPS - 1].tolist())
    changes = " ".join(str(k) for k in range(1, STEPS - 1))
    told = f"rate {rates} at {changes} iterations{more}"
    events: list[dict[str, Any]] = []
    lenet.train(
        text(told, f"stop after {STEPS - 1} iterations").replace(NET, net),
        engine="local", watch=events.append, threads=2,
    )  # fmt: skip
    losses = [event["loss"] for event in events if event["event"] == "iteration"]
    assert losses == found.losses[: STEPS - 1].tolist()


def test_smoothing_and_suggestions_are_those_of_fastai(found: RangeTest) -> None:
    """Written anew: the weighted mean as a whole, not step by step."""
    k = len(found.losses)
    for at in range(k):
        weights = 0.98 ** np.arange(at, -1, -1)
        mean = (weights * found.losses[: at + 1]).sum() / weights.sum()
        assert found.smoothed[at] == pytest.approx(mean, rel=1e-9)
    inside = slice(100 // 10, k - 5)
    smallest = 10 + int(np.argmin(found.smoothed[inside]))
    assert found.smallest == smallest
    slope = np.diff(found.smoothed) / math.log(found.rates[1] / found.rates[0])
    assert found.steepest == 10 + int(np.argmin(slope[10:smallest]))
    assert found.fell and 0.001 < found.rates[found.steepest] < 2


def test_the_test_ends_where_the_loss_is_four_times_its_smallest(found: RangeTest) -> None:
    assert not found.too_much and found.done == 100
    wide = growing(low=1e-4, high=1e4)
    assert wide.too_much and not wide.diverged and wide.done < 100
    ratios = wide.smoothed / np.minimum.accumulate(wide.smoothed)
    assert ratios[-1] > 4 and (ratios[:-1] <= 4).all()


@pytest.mark.parametrize("threads", [2, 3])
def test_any_number_of_threads_gives_the_same_bits(found: RangeTest, threads: int) -> None:
    other = growing(threads=threads)
    assert other.losses.tobytes() == found.losses.tobytes()
    assert other.smoothed.tobytes() == found.smoothed.tobytes()


def test_numbers_beyond_all_reason_end_the_test() -> None:
    wild = growing(low=1e20, high=1e30, wanted=50)
    assert wild.diverged and wild.done < 5 and not wild.fell


def test_the_second_rate_is_only_named_where_it_is_safer() -> None:
    rates = np.geomspace(1e-7, 10, 100)
    early = np.concatenate([np.full(60, 2.3), np.linspace(1.5, 1.45, 40)])
    late = np.concatenate([np.full(60, 2.3), np.linspace(2.29, 2.0, 10), np.full(30, 2.1)])
    for smoothed, safer in ((early, False), (late, True)):
        test = RangeTest(rates, smoothed, smoothed, False)
        assert (test.rates[test.smallest] / 10 < test.rates[test.steepest]) == safer
        assert ("tenth of that" in found_text(test)) == safer


def test_a_found_rate_trains(here: Path) -> None:
    done = run("rate", "net.lenet", "--find")
    assert done.exit_code == 0 and done.stderr.endswith("wrote net.find.svg\n")
    assert all(len(line) <= 80 for line in done.output.splitlines())
    line = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"rate [\d.e-]+", line)
    assert [path.name for path in sorted(here.iterdir())] == ["net.find.svg", "net.lenet"]
    model = lenet.train(text(line), engine="local")
    assert model.history[-1]["validation"]["top1"] > 0.9


def test_the_picture_of_a_test(here: Path) -> None:
    assert run("rate", "net.lenet", "--find", "-o", "x.svg").exit_code == 0
    tree = ElementTree.parse(here / "x.svg")
    texts = [e.text or "" for e in tree.iter() if e.tag.endswith("text")]
    assert "learning rate, logarithmic" in texts and "1e-07" in texts and "10" in texts
    assert any(t.startswith("steepest fall ") for t in texts)
    for e in tree.iter():
        if e.tag.endswith("path"):
            numbers = list(map(float, re.findall(r"[\d.]+", e.attrib["d"])))
            assert all(0 <= n <= 640 for n in numbers)


def test_what_lies_beside_the_picture_is_not_marked(here: Path) -> None:
    assert run("rate", "net.lenet", "--find", "--from", "0.1").exit_code == 0
    svg = (here / "net.find.svg").read_text()
    assert all(float(x) >= 58 for x in re.findall(r'd="M([\d.-]+) 46V', svg))


def test_the_test_for_programs(here: Path) -> None:
    given = ("--find", "--json", "--from", "1e-5", "--to", "1", "--iterations", "60")
    done = run("rate", "net.lenet", *given, "--threads", "2")
    assert done.exit_code == 0 and done.stderr == "wrote net.find.svg\n"
    found = json.loads(done.stdout)
    curve = found["curve"]
    assert curve[0]["rate"] == 1e-5 and [p["iteration"] for p in curve] == list(
        range(1, len(curve) + 1)
    )
    assert found["steepest"] in curve and found["smallest_loss"] in curve
    assert found["smallest_loss"]["smoothed"] == min(p["smoothed"] for p in curve[6:-5])
    assert found["rate"] == pytest.approx(found["steepest"]["rate"], rel=0.05)
    assert found["stopped"] in ("end", "loss", "diverged")


def test_a_run_is_left_alone(here: Path) -> None:
    """The folder of one, and the model in it."""
    lenet.train("net.lenet", engine="local", epochs=1, output="runs/a")
    before = {p: p.stat().st_mtime_ns for p in sorted((here / "runs").rglob("*"))}
    assert run("rate", "net.lenet", "--find", "--iterations", "60").exit_code == 0
    assert {p: p.stat().st_mtime_ns for p in sorted((here / "runs").rglob("*"))} == before


def test_a_test_begins_where_the_training_does(here: Path) -> None:
    """With the weights of another model, which tell the digits already."""
    lenet.train("net.lenet", engine="local", epochs=1).save("base.safetensors")
    (here / "net.lenet").write_text(text('rate 0.1\n  start from "base.safetensors"'))
    done = run("rate", "net.lenet", "--find")
    assert "begins with 4 tensors of base.safetensors" in done.stderr
    first = float(done.stdout.splitlines()[1].split()[-1])
    assert first < math.log(10) - 0.5, "that of an untrained net is log(10), about"
    (here / "base.safetensors").unlink()
    done = run("rate", "net.lenet", "--find")
    assert (done.exit_code, done.stdout) == (1, "") and "base.safetensors" in done.stderr


def test_what_makes_no_loss_fall(here: Path) -> None:
    done = run("rate", "net.lenet", "--find", "--from", "1e-9", "--to", "1e-7")
    assert done.exit_code == 1 and done.stdout == ""
    assert "did not clearly fall at any rate from 1e-09 to 1e-07" in done.stderr
    assert "--to 100" in done.stderr and "rate 0" not in done.stdout
    assert (here / "net.find.svg").exists(), "the picture shows why"
    done = run("rate", "net.lenet", "--find", "--from", "1e3", "--to", "1e25")
    assert done.exit_code == 1 and "smaller rate, such as --from 1e-10" in done.stderr


def test_a_loss_that_still_falls_is_said(here: Path) -> None:
    done = run("rate", "net.lenet", "--find", "--to", "0.3")
    assert done.exit_code == 0 and "still fell at the largest rate, 0.3" in done.stderr
    assert "try --to 30\n" in done.stderr


def test_augmentation_and_normalizations_are_part_of_the_test(here: Path) -> None:
    net = (
        "input 1x8x8\nconv 4x3x3 pad 1\nbatchnorm\nrelu\nflatten\nlinear 10\n"
        "data digits\naugment\n  shift 1\ntrain\n  rate 0.1\n  batch 128\n"
    )
    (here / "net.lenet").write_text(net)
    given = ("rate", "net.lenet", "--find", "--json")
    one, two = (run(*given, "--threads", n) for n in (1, 2))
    assert one.exit_code == 0 and one.stdout == two.stdout
    (here / "net.lenet").write_text(net.replace("shift 1", "shift 2"))
    assert run(*given).stdout != one.stdout


# The batch


def test_a_batch_for_programs_and_people(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The noise is the same with any number of threads; a net that learns nothing has no scale."""
    for name, value in (("_SECONDS", 0.0), ("_TURN", 0.0), ("_LARGEST", 64)):
        monkeypatch.setattr(batch_size, name, value)
    monkeypatch.setattr(batch_size, "_MEASURED_AFTER", (0, 30))
    done = run("rate", "net.lenet", "--batch", "--json", "--threads", 1)
    told = json.loads(done.stdout)
    assert [size["batch"] for size in told["sizes"]] == [16, 32, 64]
    assert told["batch"] in (16, 32, 64)
    first, last = told["noise_scales"]
    assert (first["iterations"], last["iterations"]) == (0, 30)
    assert 0 < first["scale"] < last["scale"]
    two = json.loads(run("rate", "net.lenet", "--batch", "--json", "--threads", 2).stdout)
    assert two["noise_scales"] == told["noise_scales"]
    printed = run("rate", "net.lenet", "--batch").stdout
    assert printed.splitlines()[-1].startswith("batch ") and "after 30 iterations" in printed
    assert all(len(line) <= 80 for line in printed.splitlines()) and not list(here.glob("*.svg"))


# Errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "1e-3"), "--from is for --find"),
        (("--threads", "2"), "--threads is for --find"),
        (("--find", "--from", "1", "--to", "0.1"), "smaller than"),
        (("--find", "--to", "1e-8"), "smaller than"),
        (("--find", "--from", "0"), "takes a rate"),
        (("--find", "--from", "-1"), "takes a rate"),
        (("--find", "--to", "nan"), "takes a rate"),
        (("--find", "--iterations", "49"), "50"),
        (("--find", "--images", "10"), "reads them"),
        (("--batch", "--find"), "ask one"),
        (("--batch", "--to", "1"), "--to is for --find"),
        (("--batch", "--images", "10"), "--batch reads them"),
        (("--batch", "-o", "x.svg"), "takes no -o"),
        (("--images", "0"), "0"),
        (("-o", "x.png"), "name it x.svg"),
        (("--frob",), "--frob"),
    ],
)
def test_wrong_usage(here: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("rate", "net.lenet", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert not list(here.glob("*.svg"))


@pytest.mark.parametrize("find", [False, True])
def test_files_that_cannot_be_used(here: Path, find: bool) -> None:
    more = ("--find",) if find else ()
    path = here / "net.lenet"
    fails(run("rate", "none.lenet", *more), "cannot read none.lenet")
    path.write_text(text().replace("relu", "rleu"))
    fails(run("rate", path, *more), "error[E010]", "did you mean `relu`?")
    path.write_text(NET)
    fails(run("rate", path, *more), "does not say how to train", "`rate 0.1`")
    path.write_text(text().replace("data digits\n  normalize\n", ""))
    fails(run("rate", path, *more), "does not say what to train on", "data mnist")
    path.write_text(text().replace("data digits", 'data idx "nowhere"'))
    fails(run("rate", path, *more), "nowhere")
    path.write_text(text())
    fails(run("rate", path, *more, "--set", "width=3"), "cannot set width")
    (here / "file").write_text("")
    done = run("rate", path, *more, "-o", "file/x.svg")
    assert done.exit_code == 1 and "cannot write file/x.svg" in done.stderr and done.stdout == ""


def test_data_that_do_not_fit_the_net(here: Path) -> None:
    (here / "net.lenet").write_text(text().replace("linear 10", "linear 9"))
    fails(run("rate", "net.lenet", "--find"), "linear 10")


def test_a_remote_file_is_no_file_of_this_machine(here: Path) -> None:
    (here / "net.lenet").write_text(text().replace("data digits", 'data parquet "s3://b/x"'))
    fails(run("rate", "net.lenet", "--find"), "not s3://b/x", "--data DIR")


def test_mnist_is_read(data_folder: Path, tmp_path: Path) -> None:
    path = Path(__file__).parents[2] / "specs" / "lenet5.lenet"
    done = run("rate", path, "--data", data_folder, "-o", tmp_path / "x.svg", "--json")
    found = json.loads(done.stdout)
    assert (found["images"], found["iterations"]) == (60_000, 600)
    assert found["points"][-1]["rate"] == pytest.approx(0.4 / (1 + 0.0002 * 599))


def test_the_page_shows_what_is_printed(here: Path) -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "before-training.md").read_text()
    done = run("rate", root / "specs" / "lenet4.lenet", "--images", "60000")
    assert f"$ lenet rate specs/lenet4.lenet\n{done.stdout}{done.stderr}```" in page
