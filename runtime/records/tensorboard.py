"""TensorBoard's event files.

tensorboardX takes a fifth of a second to import, and two seconds where PyTorch is installed: it
imports that. So only what trains imports this module.
"""

import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.graph_pb2 import GraphDef
from tensorboardX.proto.node_def_pb2 import NodeDef
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c
from tensorboardX.summary import histogram_raw, hparams
from tensorboardX.summary import text as text_summary

from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.runtime.events import Histogram, Sampled
from lenet.runtime.machine.files import Tail
from lenet.runtime.records.sheet import sheet_of

Settings = Mapping[str, float | str]
_RGB = 3  # what TensorBoard calls this space of colours


def _path(name: str) -> str:
    """A node's full name as TensorBoard nests it."""
    return clean(name).replace(".", "/")


class Board:
    """An event file, written by `flush`, and where that fails by the next one.

    tensorboardX's own writers lose what a full disk does not take, and may hang.
    """

    def __init__(self, folder: Path, iteration: int) -> None:
        folder.mkdir(exist_ok=True)
        # A folder's files are read in the order of their names, which begin with the second.
        number = len(list(folder.iterdir()))
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{number}"
        self.file = Tail(folder / name)
        self._record(Event(wall_time=time.time(), file_version="brain.Event:2"))
        if iteration:  # TensorBoard forgets what it was told of later steps
            log = SessionLog(status=SessionLog.START)
            event = Event(wall_time=time.time(), step=iteration + 1, session_log=log)
            self._record(event)

    def scalars(self, values: dict[str, float], iteration: int, when: float) -> None:
        parts = [Summary.Value(tag=tag, simple_value=number) for tag, number in values.items()]
        if parts:
            self._add(Summary(value=parts), iteration, when)

    def histogram(self, tag: str, event: Histogram, when: float) -> None:
        summary = histogram_raw(
            clean(tag), event.min, event.max, event.count, event.sum, event.sum_of_squares,
            event.limits, event.counts,
        )  # fmt: skip
        self._add(summary, event.iteration, when)

    def images(self, tag: str, event: Sampled, when: float) -> None:
        """A sheet with the images of each class."""
        sheet, width, height = sheet_of(event)
        image = Summary.Image(
            height=height, width=width, colorspace=_RGB, encoded_image_string=sheet
        )
        self._add(Summary(value=[Summary.Value(tag=tag, image=image)]), event.iteration, when)

    def describe(self, graph: Graph, when: float) -> None:
        """The file's text and its graph, whose blocks and repeats can be opened there."""
        source = "\n".join(f"    {clean(line)}" for line in graph.source.split("\n"))
        self._add(text_summary("file", source), 0, when)
        nodes = []
        for node in graph.nodes:
            inputs = [_path(name) for name in node.inputs]
            nodes.append(NodeDef(name=_path(node.name), op=node.kind, input=inputs))
        graph_def = GraphDef(node=nodes).SerializeToString()
        self._record(Event(wall_time=when, graph_def=graph_def))

    def hyperparameters(self, own: Settings, settings: Settings, metric: str, when: float) -> None:
        """What a trial of a search sets, among all that are set, as the file's `own` tell them; it
        is judged by the scalar of the tag `metric`."""
        experiment = hparams(dict(own), {metric: 0.0})[0]
        for summary in (experiment, *hparams(dict(settings), {})[1:]):
            self._add(summary, 0, when)

    def flush(self) -> None:
        self.file.flush(to_disk=True)

    def _add(self, summary: Any, iteration: int, when: float) -> None:
        self._record(Event(wall_time=when, step=iteration, summary=summary))

    def _record(self, event: Event) -> None:
        data = event.SerializeToString()
        length = struct.pack("<Q", len(data))
        for part in (length, data):
            self.file.add(part + struct.pack("<I", masked_crc32c(part)))
