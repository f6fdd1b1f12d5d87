"""What Prometheus is told."""

import os
import shutil
import tempfile
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lenet.serve.served import Served
    from lenet.serve.shelf import Looked, Shelf

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Measures:
    """Counters, which several processes share through files in a folder of their own. It is to be
    made before they are forked."""

    def __init__(self, workers: int) -> None:
        self._several = workers > 1
        if self._several:
            # The package reads it when it is first imported.
            folder = os.environ[_FOLDER] = tempfile.mkdtemp(prefix="lenet-serve-")
            weakref.finalize(self, _remove, folder, os.getpid())
        import prometheus_client as prometheus

        self._prometheus = prometheus
        self._registry = prometheus.CollectorRegistry()
        registry = self._registry
        labels = ("endpoint", "status")
        self.requests = prometheus.Counter(
            "lenet_requests", "Requests that were answered.", labels, registry=registry
        )
        self.seconds = prometheus.Histogram(
            "lenet_request_seconds",
            "How long answers took.",
            labels[:1],
            buckets=_SECONDS,
            registry=registry,
        )
        self.working = prometheus.Gauge(
            "lenet_requests_in_progress", "Requests that are worked on.",
            multiprocess_mode="livesum", registry=registry,
        )  # fmt: skip
        self.rows = prometheus.Counter(
            "lenet_rows",
            "Rows and pictures that were predicted.",
            ("model", "version"),
            registry=registry,
        )
        self.batches = prometheus.Histogram(
            "lenet_batch_rows", "Rows that were predicted together.", ("model", "version"),
            buckets=_ROWS, registry=registry,
        )  # fmt: skip
        self.reloads = prometheus.Counter(
            "lenet_reloads",
            "Files that were read again.",
            ("model", "version", "outcome"),
            registry=registry,
        )
        self.loaded = prometheus.Gauge(
            "lenet_model_loaded_timestamp_seconds", "When a model was read.",
            ("model", "version"), multiprocess_mode="max", registry=registry,
        )  # fmt: skip
        if not self._several:
            prometheus.ProcessCollector(registry=self._registry)

    def predicted(self, served: "Served", rows: int) -> None:
        """So many were predicted together."""
        labels = served.named.name, served.named.version
        self.rows.labels(*labels).inc(rows)
        self.batches.labels(*labels).observe(rows)

    def looked(self, found: "Looked") -> None:
        """A file has changed."""
        self.reloads.labels(found.named.name, found.named.version, found.outcome).inc()

    def written(self, shelf: "Shelf") -> tuple[bytes, str]:
        """The page, and its content type."""
        for served in shelf.all:
            labels = served.named.name, served.named.version
            self.loaded.labels(*labels).set(served.since)
        registry = self._registry
        if self._several:
            from prometheus_client import multiprocess

            registry = self._prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        return self._prometheus.generate_latest(registry), self._prometheus.CONTENT_TYPE_LATEST

    def gone(self, process: int) -> None:
        """A process has ended: its part of what is in progress counts no more."""
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(process)


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
