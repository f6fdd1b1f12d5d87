"""TensorBoard's event files.

tensorboardX takes a fifth of a second to import, and two seconds where PyTorch is installed: it
imports that. So only what trains imports this module.
"""

import time
from pathlib import Path
from typing import Any

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.summary import histogram_raw

from dsl.clean import clean


class Board:
    """An event file, written here and now.

    tensorboardX's SummaryWriter writes in a thread: on a full disk that thread dies, and the run
    waits for it for ever.
    """

    def __init__(self, folder: Path, iteration: int) -> None:
        folder.mkdir(exist_ok=True)
        # A folder's files are read in the order of their names, which begin with the second.
        number = len(list(folder.iterdir()))
        self.file = EventsWriter(str(folder / "events"), filename_suffix=f".{number}")
        if iteration:  # TensorBoard forgets what it was told of later steps
            log = SessionLog(status=SessionLog.START)
            event = Event(wall_time=time.time(), step=iteration + 1, session_log=log)
            self.file.write_event(event)

    def scalars(self, values: dict[str, float], iteration: int, when: float) -> None:
        parts = [Summary.Value(tag=tag, simple_value=number) for tag, number in values.items()]
        if parts:
            self._add(Summary(value=parts), iteration, when)

    def histogram(self, tag: str, event: dict[str, Any], when: float) -> None:
        statistics = (event[key] for key in ("min", "max", "count", "sum", "sum_of_squares"))
        summary = histogram_raw(clean(tag), *statistics, event["limits"], event["counts"])
        self._add(summary, event["iteration"], when)

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.file.close()

    def _add(self, summary: Any, iteration: int, when: float) -> None:
        self.file.write_event(Event(wall_time=when, step=iteration, summary=summary))
