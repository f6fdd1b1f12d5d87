"""`lenet import --spec`: a model of a spec and of the weights of another framework."""

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lenet.commands import load_network
from lenet.commands.import_net import free
from lenet.terminal.console import note, say

if TYPE_CHECKING:
    from lenet.runtime.weights.imported import Imported
    from lenet.runtime.weights.match import Match

_LONGEST = 40  # characters of a class's name


def import_of_spec(
    weights: Path, spec: Path, output: Path, names: Path | None, classes: Path | None,
    settings: list[str] | None, force: bool,
) -> None:  # fmt: skip
    """Of tensors for a spec."""
    from lenet.runtime.weights.imported import import_weights as imported

    network = load_network(spec, settings)
    free(output, force)
    found = imported(network.graph, spec, weights, network.settings, names, classes)
    found.model.save(output)
    note(f"{spec.name}: {network.parameter_count:,} parameters")
    for line in _lines(found, output):
        say(line)


def _lines(found: "Imported", output: Path) -> Iterator[str]:
    """What has become what."""
    from lenet.runtime.weights.names import shown_source

    model, match, unneeded = found.model, found.match, _counted(found.match)
    named = f", by the names of {shown_source(match.names)}" if match.names.source else ""
    yield f"taken    {len(match.taken):,} tensors of {', '.join(found.kinds)}{named}"
    if unneeded:
        yield f"left     {', '.join(unneeded)}: not needed"
    if (set(model.mean), set(model.deviation)) == ({0.0}, {1.0}):
        yield "images   as they are, from 0 to 1: nothing says how they were normalized"
    else:
        mean, deviation = (
            " ".join(f"{value:g}" for value in values) for values in (model.mean, model.deviation)
        )
        yield f"images   from 0 to 1, normalized by mean {mean} deviation {deviation}"
    first, last = model.classes[0], model.classes[-1]
    shown = f"{first[:_LONGEST]} to {last[:_LONGEST]}" if len(model.classes) > 1 else first
    yield f"classes  {shown}" + ("" if found.named else "; --classes names.txt names them")
    yield f"model    {output}"
    yield f"digest   {model.digest[:16]}…"
    yield f"next     lenet predict {shlex.quote(str(output))} photo.jpg"


def _counted(match: "Match") -> list[str]:
    """What the file has and the net does not need, by the places that say so."""
    from lenet.runtime.weights.names import is_in

    counts = Counter(
        next((own for own in match.names.unneeded if is_in(name, own)), name.rpartition(".")[2])
        for name in match.unneeded
    )
    return [f"{count:,} {place}" for place, count in counts.items()]
