"""`lenet serve` with many clients at once: how long answers take, what is refused, and its memory.

    python bench/serve.py --seconds 60
    python bench/serve.py --clients 200 --pause 0 --seconds 10 --workers 2

Each client keeps its connection, asks for a picture of random bytes to be predicted, waits for the
answer and then `--pause` seconds, half as long up to half again as long: if all waited as long as
each other, those that are answered together would come back together for ever. Who gets 429 waits
as long as Retry-After says. The server is a process of its own, the clients are another one.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "specs" / "lenet5.lenet"
MOST_CLIENTS, MOST_SECONDS = 1000, 600


class Load:
    """What clients have seen: seconds of answers with 200, and how often each status came."""

    def __init__(self, port: int, path: str, body: bytes, pause: float) -> None:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        )
        self._request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self._port, self._pause = port, pause
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []

    async def client(self, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        random = np.random.default_rng()
        await asyncio.sleep(random.uniform(0, max(0.2, self._pause)))
        while time.monotonic() < until:
            started = time.perf_counter()
            try:
                writer.write(self._request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                self.statuses[type(error).__name__] += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                continue
            status = head[9:12].decode()
            self.statuses[status] += 1
            if status == "200":
                self.seconds.append(time.perf_counter() - started)
                await asyncio.sleep(random.uniform(0.5, 1.5) * self._pause)
            else:
                wait = re.search(rb"(?i)retry-after: (\d+)", head)
                await asyncio.sleep(float(wait[1]) if wait else 0)
        writer.close()


async def run(load: Load, clients: int, seconds: float, process: int) -> list[float]:
    """Resident MiB of the server and its workers, ten times."""
    until = time.monotonic() + seconds
    tasks = [asyncio.create_task(load.client(until)) for _ in range(clients)]
    sizes = []
    for _ in range(10):
        await asyncio.sleep(seconds / 10)
        sizes.append(resident(process))
    await asyncio.gather(*tasks)
    return sizes


def resident(process: int) -> float:
    """MiB of a process and of its children, without what they share."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    total = 0
    for one in (process, *children):
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        found = re.search(r"Pss: +(\d+) kB", text)
        total += int(found[1]) if found else 0
    return total / 1024


def processor_seconds(process: int) -> float:
    """That a process and its children have used: other programs make no difference to it."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ticks = 0
    for one in (process, *children):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def model_file(folder: Path) -> Path:
    """LeNet-5 with random weights: they make no difference to the time."""
    from lenet import load
    from lenet.compiler.pipeline import compile_graph
    from lenet.runtime.models.model import Model
    from lenet.runtime.training.parameters import initial_weights, to_tensors

    program = compile_graph(load(SPEC).graph)
    tensors = to_tensors(program, initial_weights(program, 1))
    names = tuple("0123456789")
    path = folder / "model.safetensors"
    Model(SPEC.read_text(), tensors, names, 1 / 255, (0.13,), (0.31,), name="lenet5").save(path)
    return path


def started(path: Path, options: list[str]) -> tuple[subprocess.Popen[str], int]:
    """The server, and its port."""
    code = "from lenet.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", f"lenet5={path}", "--port", "0", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert server.stderr is not None
    for line in server.stderr:
        print(line, end="")
        if found := re.search(r"serving at http://\S+:(\d+)/", line):
            return server, int(found[1])
    raise SystemExit("the server did not start")


def main() -> None:
    """Start the server, ask it, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--pause", type=float, default=0.25, help="seconds between two requests")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e6, help="all clients have one address")
    chosen = parser.parse_args()
    clients = min(chosen.clients, MOST_CLIENTS)
    seconds = min(chosen.seconds, MOST_SECONDS)
    row = np.random.default_rng(1).integers(0, 256, 784).tolist()
    body = json.dumps({"row": row}).encode()
    with tempfile.TemporaryDirectory() as folder:
        options = [
            f"--{name}={getattr(chosen, name)}" for name in ("workers", "concurrency", "rate")
        ]
        server, port = started(model_file(Path(folder)), options)
        load = Load(port, "/v1/models/lenet5/predict", body, chosen.pause)
        try:
            before = processor_seconds(server.pid)
            sizes = asyncio.run(run(load, clients, seconds, server.pid))
            used = processor_seconds(server.pid) - before
        finally:
            server.terminate()
            server.wait(60)
    milliseconds = 1000 * np.array(load.seconds or [np.nan])
    print(f"{clients} clients, {seconds:g} s, {chosen.pause:g} s between two requests of one")
    print(f"answers  {', '.join(f'{k}: {v:,}' for k, v in sorted(load.statuses.items()))}")
    print(f"rate     {len(load.seconds) / seconds:,.0f} a second with 200")
    answers = max(1, sum(load.statuses.values()))
    print(f"cost     {1000 * used / answers:.2f} ms of a processor for an answer")
    shown = ", ".join(f"p{p} {np.percentile(milliseconds, p):.1f} ms" for p in (50, 90, 99))
    print(f"latency  {shown}")
    print(f"memory   {', '.join(f'{size:.0f}' for size in sizes)} MiB")
    print(f"exit     {server.returncode}")


if __name__ == "__main__":
    main()
