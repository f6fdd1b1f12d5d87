"""`lenet.search`, and what it has in common with the command."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.api import Network, Settings, load
from lenet.dsl.check import check, reader_of
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.search.variants import with_constants
from lenet.parameters import takes_options
from lenet.runtime.options import Options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lenet.runtime.data.columns import Columns
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.events import Event
    from lenet.runtime.models.model import Model
    from lenet.runtime.resolve import Deferred
    from lenet.runtime.search.journal import Journal
    from lenet.runtime.search.record import Found, Record
    from lenet.runtime.spark.session import SparkSession

WITHOUT = ("checkpoints",)  # options of a run that a search has no use for
_KEPT = ("engine", "epochs", "seed")  # those that a search goes on with


@takes_options(without=WITHOUT)
def search(
    spec: "str | Path | Network | None" = None,
    data: "str | Path | Dataset | DataFrame | Any" = None,
    spark: "SparkSession | None" = None,
    engine: str = Options.engine,
    *,
    settings: Settings | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    at_once: int = 1,
    trials: int | None = None,
    columns: "Columns | None" = None,
    progress: bool = True,
    watch: Callable[[dict[str, Any]], None] | None = None,
    **options: Any,
) -> "Found":
    """Try what the section `search` of a file says, and return what was found: its `trials`, the
    `best` of them, its `settings`, the `text` of its file, and its `model`.

    spec: a .lenet file, the text of one (a str of several lines), or a Network.
    data: as `lenet.train` takes them; but what is given to test with is not looked at.
    columns: of a table or DataFrame; see `lenet.train`.
    spark: a session to train in; without one, the active session is used, or one is started.
    engine: "spark", or "local" for the same answers without Spark and Java.
    output: a folder for the search: its journal, TensorBoard files, the best model and its file,
        a picture and a report.
    resume: go on with the search in `output`, without a `spec`.
    at_once: so many trials run beside each other, and share the machine or the cluster.
    trials: how many, in place of the file's.
    OPTIONS
    progress: show each trial, in a notebook or where standard error is a terminal.
    watch: is called with each trial, a dict, in their order.

    What is found depends neither on the engine nor on `at_once`. Raises LenetError.
    """
    from lenet.terminal.searching import shown_trials

    folder = Path(output) if output is not None else None
    given = {"engine": engine, **options}
    if resume:
        if folder is None or spec is not None:
            fix = "name its folder as `output`, and no spec"
            raise LenetError("there is no search to go on with", "", fix)
        network, again, journal = go_on(folder)
        given = {**again, **options}
        if data is None:
            data = journal.about["data"]
    elif spec is None:
        raise LenetError("there is nothing to search", "", "name a .lenet file")
    else:
        network, journal = spec if isinstance(spec, Network) else load(spec, settings), None
    chosen = Options(**given, spark=spark, folder=folder, overwrite=overwrite, resume=resume)
    with shown_trials(progress, network) as display:

        def take(record: "Record", found: "Found") -> None:
            display.trial(record, found)
            if watch is not None:
                watch(record.as_dict())

        return run_search(
            network, data, columns, chosen, journal, at_once, trials, display.take, take,
            display.download,
        )  # fmt: skip


def best_model(found: "Found") -> "Model":
    """LenetError where no trial came to its end, or there is no model of all rows."""
    if found.model is None and found.best is not None:
        fix = "write `stop after` some epochs in place of `stop when`"
        raise LenetError("there is no model of all rows", "Nothing is left to validate with.", fix)
    if found.model is None:
        reasons = dict.fromkeys(trial.reason for trial in found.trials if trial.reason)
        raise LenetError("no trial came to its end", "; ".join(list(reasons)[:3]))
    return found.model


def plain_text(network: Network) -> str:
    """The file, with the values of `--set` in it; LenetError where one is searched."""
    graph = network.graph
    checked = check(graph.source, network.settings, reader_of(graph.imports))
    searched = [space.words[0] for space in graph.search.spaces] if graph.search else []
    for name in network.settings:
        if name in searched and name in checked.definitions.lets:
            detail = "It cannot have one value and several."
            raise LenetError(f"{name} is searched, and set", detail, f"leave --set {name} out")
    return with_constants(graph.source, checked.definitions.lets, network.settings)


def go_on(folder: Path) -> tuple[Network, dict[str, Any], "Journal"]:
    """The net of the search in a folder, as it was when that began, its options and its journal;
    LenetError without one."""
    from lenet.dsl.check import check_graph
    from lenet.runtime.search.journal import read_journal

    journal = read_journal(folder)
    about = journal.about
    none: Mapping[str, Fraction] = {}
    graph = check_graph(about["source"], about["spec"], none, about["imports"])
    options = {name: about[name] for name in _KEPT if about.get(name) is not None}
    return Network(Path(about["spec"]), graph, none), options, journal


def run_search(
    network: Network, data: Any, columns: "Columns | None", options: Options,
    journal: "Journal | None", at_once: int, trials: int | None,
    report: "Callable[[Event], None]", watch: "Callable[[Record, Found], None]",
    progress: Callable[[str, int, int], None] | None,
) -> "Found":  # fmt: skip
    """Search, or with a journal go on; and write a picture and a report as well."""
    from lenet.reporting import report_of_search
    from lenet.runtime.events import Warned
    from lenet.runtime.machine.interrupts import interruptible
    from lenet.runtime.records.run_folder import check_folder, claimed
    from lenet.runtime.search.journal import NAME, Journal
    from lenet.runtime.search.search import Plan
    from lenet.runtime.search.search import search as find
    from lenet.sources import images_for, local_folder

    if at_once < 1 or (trials is not None and trials < 1):
        raise LenetError("trials are 1 or more", "", "give a larger number")
    folder = options.folder
    text = plain_text(network)
    plan = Plan.of(network.path, text, network.graph.imports, options)
    if trials is not None:
        plan = replace(plan, search=replace(plan.search, trials=trials))
    if folder is not None and not options.resume:
        if (folder / NAME).exists() and not options.overwrite:
            raise LenetError(
                f"there is a search in {folder} already",
                "It would be lost.",
                f"go on with it: lenet search --resume {folder}; name another folder with -o, or "
                "overwrite it with --force",
                "go on with it with resume=True; name another folder with output=, or overwrite it "
                "with overwrite=True",
            )
        check_folder(folder, options.overwrite)
    local = local_folder(data)
    about = {
        "spec": str(network.path.absolute()),
        "source": text,
        "imports": dict(network.graph.imports),
        "data": str(local.absolute()) if local is not None else None,
        **{name: getattr(options, name) for name in _KEPT},
    }

    def images(graph: Graph) -> "Dataset | Deferred":
        given = _without_tests(data, graph, bool(plan.folds))
        return images_for(graph, network.path, given, columns, options, progress)

    kept = journal or Journal(folder, about)
    with interruptible(then_die=True), claimed(folder):
        found = find(plan, images, options, kept, at_once, report, watch)
        if folder is not None:
            report_of_search(found, folder, kept.about, lambda text: report(Warned(text)))
        return found


def _without_tests(data: Any, graph: Graph, folded: bool) -> Any:
    """What a program has given, but for what it is to be tested with, by which a search must not
    choose; LenetError where nothing else is held out, of this training or, of those that are
    `folded`, of others."""
    from lenet.runtime.data.dataset import Dataset
    from lenet.sources import held_out_of

    held_out = graph.data is not None and graph.data.holds_out
    tested = isinstance(data, Dataset) and data.test is not None
    tested = tested or isinstance(data, tuple | list) and len(data) > 2
    if tested and not held_out and folded:
        return replace(data, test=None) if isinstance(data, Dataset) else data[:2]
    if tested and not held_out:
        raise LenetError(
            "a search would choose by the test images",
            "The best of many trials is partly the luckiest one: its value there is too good.",
            "hold some out: below a line `data frame`, write `validate 20 percent`",
        )
    return held_out_of(data, graph)
