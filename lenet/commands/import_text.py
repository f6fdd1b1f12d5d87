"""`lenet import` of nets that are text: net.cfg of Darknet, net.prototxt of Caffe."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from lenet.commands.import_net import free, write_net
from lenet.dsl.shapes import Shape
from lenet.terminal.console import note, say

if TYPE_CHECKING:
    from lenet.runtime.imports.textnet import TextNet

DARKNET, _CAFFE = ".cfg", ".prototxt"
TEXTS = (DARKNET, _CAFFE)
_SHOWN = 12  # lines that are named


def import_text(
    file: Path, net: Path, shape: Shape | None, weights: Path | None, force: bool
) -> None:
    """Of one of these, by its ending."""
    model = net.with_suffix(".safetensors")
    free(net, force)
    if weights is not None:
        free(model, force)
    found = _read(file, shape, weights)
    write_net(net, found.written.text, {}, force)
    graph = found.written.graph
    say(f"net      {net}: {graph.parameter_count:,} parameters, {len(graph.nodes) - 1:,} layers")
    program = "Darknet" if file.suffix.lower() == DARKNET else "Caffe"
    _tell(found.ignored, f"{program} itself ignores")
    _tell(found.left, "left out")
    if not found.weighted:
        say(f"next     lenet shapes {shlex.quote(str(net))}")
        return

    from lenet.runtime.imports.weighted import model_of

    made = model_of(found.written, net.stem)
    made.save(model)
    say(f"model    {model}")
    say(f"digest   {made.digest[:16]}…")
    say(f"next     lenet predict {shlex.quote(str(model))} photo.jpg")


def _read(file: Path, shape: Shape | None, weights: Path | None) -> "TextNet":
    if file.suffix.lower() == DARKNET:
        from lenet.runtime.imports.darknet.imported import import_darknet

        return import_darknet(file, weights, shape)

    from lenet.runtime.imports.caffe.imported import import_caffe

    return import_caffe(file, shape)


def _tell(lines: tuple[tuple[int, str], ...], what: str) -> None:
    """Name lines of the file."""
    if lines:
        shown = ", ".join(f"{text} (line {number})" for number, text in lines[:_SHOWN])
        more = f" and {len(lines) - _SHOWN:,} others" if len(lines) > _SHOWN else ""
        note(f"{what}: {shown}{more}")
