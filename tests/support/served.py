"""A server in a thread of this process, and models for it whose weights are random."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import uvicorn

from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.runtime.data.features import Features, columns_for
from lenet.runtime.models.model import Model
from lenet.runtime.records.observed import Observed
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.serve.app import App
from lenet.serve.limits import Rate
from lenet.serve.measures import Measures
from lenet.serve.protocol import BoundedHttp
from lenet.serve.served import Named, Served
from lenet.serve.settings import Settings
from lenet.serve.shelf import Looked, Shelf

# The first layer takes Winograd's transforms, whose bits are others than those of single images.
PICTURES = """\
input 1x28x28
conv 8x3x3 pad 1 algorithm winograd as conv
relu
maxpool 4
reshape 8*7*7
linear 10 as score
logsoftmax
data mnist
train
  loss nll
  rate 0.1
  batch 64
"""
NUMBERS = """\
input 5
linear 4
tanh
linear 2
data parquet "rows"
  predict "price" "rent"
train
  loss mse
  rate 0.1
  batch 16
"""
TABLE = """\
input size 2 numbers
input street one of 3
input said 4 words of 10
concat
  path from size
  path from street
    onehot
  path from said
    onehot
    flatten
linear 3
logsoftmax
data csv "flats.csv"
  number rooms area as size
  category street
  text said
  label "kind"
train
  loss nll
  rate 0.1
  batch 16
"""
PLACES = """\
input 1x8x8
conv 4x3x3 pad 1
relu
conv 3x1x1
data masks "folder"
train
  loss crossentropy
  rate 0.1
  batch 16
"""


def model_of(text: str, seed: int = 1) -> Model:
    """A net with random weights."""
    graph = check_graph(text, "net")
    program = compile_graph(graph)
    tensors = to_tensors(program, initial_weights(program, seed))
    if graph.answers == "class" and graph.data is not None and graph.data.fed:
        columns = {
            "rooms": [1, 2, 4, 3], "area": [20.5, 60.0, 99.0, 71.5],
            "street": ["Elm", "Oak", "Elm", "Ash"], "said": ["old", "by the sea", "new", "so old"],
        }  # fmt: skip
        fed = columns_for(graph.inputs, graph.data)
        features = Features.learn(graph.inputs, fed, "", pa.table(columns))
        return Model(
            text, tensors, ("a", "b", "c"), 1.0, (0.0,), (1.0,), name="homes", features=features
        )  # fmt: skip
    if graph.answers == "class":
        seen = Observed((1, 28, 28), 0.0, 1.0, (0.0, 0.0))
        return Model(
            text, tensors, tuple("0123456789"), 1 / 255, (0.13,), (0.3,), observed=seen,
            name="digits",
        )  # fmt: skip
    if graph.answers == "places":
        return Model(
            text, tensors, ("sky", "sea", "land"), 1 / 255, (0.5,), (0.2,), name="places",
            answers=((0.0,) * 64, (1.0,) * 64),
        )  # fmt: skip
    return Model(
        text, tensors, ("price", "rent"), 1.0, (0.0,), (1.0,), name="flats",
        answers=((100.0, 10.0), (20.0, 2.0)),
    )  # fmt: skip


@dataclass
class Answer:
    """Of the server."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server to ask. `said` is what became of changed files, `batches` how many rows were
    predicted together."""

    port: int
    app: App
    shelf: Shelf
    said: list[Looked]
    batches: list[int]

    def ask(
        self, path: str, value: Any = None, kind: str = "application/json", method: str = "",
        **headers: str,
    ) -> Answer:  # fmt: skip
        """GET, or POST with bytes or what JSON is to be made of. In headers' names, `_` is `-`."""
        body = value if isinstance(value, bytes | type(None)) else json.dumps(value).encode()
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        if body is not None and kind:
            given.setdefault("Content-Type", kind)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, given)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()


@contextmanager
def served(paths: list[Path], **options: Any) -> Iterator[Running]:
    """A server of these models, at a free port of this machine."""
    settings, measures = Settings(port=0, **options), Measures(1)
    batches: list[int] = []
    said: list[Looked] = []

    def predicted(one: Served, rows: int) -> None:
        measures.predicted(one, rows)
        batches.append(rows)

    shelf = Shelf([Named.of(str(path)) for path in paths], 1, predicted, said.append)
    app = App(shelf, settings, measures, Rate(settings.rate), lambda: None)
    listening = socket.create_server(("127.0.0.1", 0))
    running = Running(listening.getsockname()[1], app, shelf, said, batches)
    config = uvicorn.Config(app.asgi(), log_config=None, lifespan="on", http=BoundedHttp)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield running
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def row(seed: int = 0, size: int = 784) -> list[int]:
    """Bytes of an image."""
    return np.random.default_rng(seed).integers(0, 256, size).tolist()
