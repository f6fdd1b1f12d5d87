"""Children that are forked predict, compile and train as if nobody else had been there."""

import fcntl
import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lenet.compiler.jit.alone import alone
from lenet.runtime.machine.thread_pool import Team

ROOT = Path(__file__).parents[2]
# `child(work)` forks, and tells what becomes of it: killed after SECONDS, or the end of its work.
PRELUDE = """
import gc, os, signal, sys, threading, time
import multiprocessing
import numpy as np
import lenet
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.runtime.datasets import load_dataset
from lenet.runtime.models.model import Model
from lenet.runtime.training.parameters import initial_weights, to_tensors

SECONDS = 90

def model_of(text, seed=1):
    graph = check_graph(text, "x")
    program = compile_graph(graph)
    count = graph.output[0]
    tensors = to_tensors(program, initial_weights(program, seed))
    names = tuple(map(str, range(count)))
    return Model(text, tensors, names, 1.0, (0.0,), (1.0,), threads=3)

def child(work):
    process = os.fork()
    if process == 0:
        signal.alarm(SECONDS)
        try:
            work()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return process

def end(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

SMALL = "input 8\\nlinear 5\\ntanh\\nlinear 3\\nlogsoftmax"
many = np.random.default_rng(1).random((3000, 8)).astype(np.float32)
"""


def run(script: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + script], capture_output=True, text=True, timeout=240,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_children_predict_after_their_parent_did() -> None:
    """In threads and one by one; many children at once; with os.fork and multiprocessing."""
    assert run("""
model = model_of(SMALL)
expected, single = model.outputs(many), model.outputs(many[:2])

def work():
    for _ in range(3):
        assert np.array_equal(model.outputs(many), expected)
        assert np.array_equal(model.outputs(many[:2]), single)
    grandchild = child(lambda: model.outputs(many))
    assert end(grandchild) == 0

children = [child(work) for _ in range(6)]
context = multiprocessing.get_context("fork")
with context.Pool(3) as pool:
    for found in pool.map(model.outputs, [many] * 6):
        assert np.array_equal(found, expected)
assert [end(process) for process in children] == [0] * 6
assert np.array_equal(model.outputs(many), expected)
print("done")
""").endswith("done\n")


def test_a_fork_while_other_threads_predict() -> None:
    assert run("""
model = model_of(SMALL)
expected, single = model.outputs(many), model.outputs(many[:2])
going = True

def predict(images, found):
    while going:
        assert np.array_equal(model.outputs(images), found)

threads = [threading.Thread(target=predict, args=args, daemon=True)
           for args in ((many, expected), (many[:2], single))]
for thread in threads:
    thread.start()

def work():
    assert np.array_equal(model.outputs(many), expected)
    assert np.array_equal(model.outputs(many[:2]), single)

for _ in range(8):
    assert [end(p) for p in [child(work) for _ in range(3)]] == [0] * 3
going = False
for thread in threads:
    thread.join(30)
    assert not thread.is_alive()
print("done")
""").endswith("done\n")


@pytest.mark.parametrize("helpers", [0, pytest.param(2, marks=pytest.mark.large)])
def test_a_fork_while_another_thread_compiles(tmp_path: Path, helpers: int) -> None:
    """The parent has opened the model, or is reading it, compiling it alone, or with helpers."""
    assert run(
        f"""
from lenet.compiler.jit import compile_workers as helper
helper._LEAST = 1
helper.available_cores = lambda: 1 + {helpers}
TEXT = "input 1x12x12; conv 4x3x3; relu; maxpool 2; conv 6x3x3; tanh; linear 5; logsoftmax"
TEXT = TEXT.replace("; ", "\\n").replace("tanh", "tanh\\nreshape 6*3*3")
model = model_of(TEXT)
images = np.random.default_rng(1).random((100, 1, 12, 12)).astype(np.float32)
found = []
thread = threading.Thread(target=lambda: found.append(model.outputs(images)), daemon=True)
thread.start()
children = []

def work():
    assert gc.isenabled()
    other = model_of(TEXT, seed=2).outputs(images)
    assert other.shape == (100, 5)
    np.save(f"{tmp_path}/{{os.getpid()}}.npy", model.outputs(images))

while thread.is_alive() and len(children) < 4:
    children.append(child(work))
    time.sleep(0.7)
assert children
assert [end(process) for process in children] == [0] * len(children)
thread.join(120)
for process in children:
    assert np.array_equal(np.load(f"{tmp_path}/{{process}}.npy"), found[0])
print("done")
""",
        LENET_CACHE=str(tmp_path / "cache"),
    ).endswith("done\n")


def test_helpers_end_with_the_parent_although_a_child_lives(tmp_path: Path) -> None:
    out = run(
        """
from lenet.compiler.jit import compile_workers as helper
helper._LEAST = 1
helper.available_cores = lambda: 3
started, work_off = [], helper.Helpers.work_off
def wait(self, jobs, compile):  # so that they are there before all is compiled
    while not self._processes:
        time.sleep(0.01)
    started.extend(self._processes)
    work_off(self, jobs, compile)
helper.Helpers.work_off = wait
model = model_of(SMALL)
thread = threading.Thread(target=lambda: model.outputs(many), daemon=True)
thread.start()
while not started:
    time.sleep(0.01)
print(*(p.pid for p in started))
devnull = os.open(os.devnull, os.O_RDWR)
def work():
    for number in (0, 1, 2):
        os.dup2(devnull, number)
    time.sleep(20)
print(child(work), flush=True)
os._exit(0)
""",
        LENET_CACHE=str(tmp_path / "cache"),
    )
    helpers, child = out.splitlines()
    try:
        ends = time.monotonic() + 15
        while any(_runs(int(h)) for h in helpers.split()):
            assert time.monotonic() < ends, "a helper has outlived its parent"
            time.sleep(0.05)
        assert _runs(int(child))
    finally:
        os.kill(int(child), 9)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_trains_after_its_parent_and_while_it_does() -> None:
    assert run("""
digests = [lenet.train("specs/digits.lenet", engine="local", epochs=1, threads=3).digest]

def work():
    own = lenet.train("specs/digits.lenet", engine="local", epochs=1, threads=2)
    assert own.digest == digests[0]
    own.predict(np.zeros((20, 8, 8), np.uint8))

assert end(child(work)) == 0
events = []
thread = threading.Thread(target=lambda: digests.append(lenet.train(
    "specs/digits.lenet", engine="local", epochs=30, threads=3, watch=events.append).digest))
thread.start()
while len(events) < 100:
    time.sleep(0.001)
children = [child(work) for _ in range(2)]
assert [end(process) for process in children] == [0, 0]
thread.join(120)
assert len(digests) == 2
print("done")
""").endswith("done\n")


def test_a_preloading_server() -> None:
    """As gunicorn does: the model is opened and used, then workers are forked, which have threads
    of their own."""
    assert run("""
from concurrent.futures import ThreadPoolExecutor
model = model_of(SMALL)
expected = model.predict(many).classes

def serve():
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: model.predict(many).classes, range(20)):
            assert np.array_equal(found, expected)

assert [end(p) for p in [child(serve) for _ in range(4)]] == [0] * 4
print("done")
""").endswith("done\n")


def test_a_lock_of_files_ends_with_its_block_although_a_child_has_a_copy(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with alone(tmp_path / "lock"):
        process = os.fork()
        if process == 0:
            os.read(reader, 1)  # until the parent is done
            os._exit(0)
    try:
        with (tmp_path / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.write(writer, b"x")
        assert os.waitpid(process, 0)[1] == 0


def test_a_killed_parent_leaves_no_lock_to_its_child(tmp_path: Path) -> None:
    script = """
import os, sys, time
from lenet.compiler.jit.alone import alone
from pathlib import Path
with alone(Path(sys.argv[1])):
    child = os.fork()
    if child == 0:
        time.sleep(20)
        os._exit(0)
    print(child, flush=True)
    os.kill(os.getpid(), 9)
"""
    done = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")], stdout=subprocess.PIPE,
        text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout is not None
    child = int(done.stdout.readline())
    done.wait(60)
    try:
        time.sleep(0.5)  # until the child has begun
        with (tmp_path / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(child, 9)


def test_the_collector_of_garbage_works_on_in_a_child() -> None:
    from lenet.compiler.jit import cache

    with cache._no_collection():
        assert not gc.isenabled()
        process = os.fork()
        if process == 0:
            os._exit(0 if gc.isenabled() and not cache._collection_off else 1)
        assert os.waitpid(process, 0)[1] == 0
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_parents_threads_stay_and_a_childs_end_with_its_team() -> None:
    team = Team(3)
    before = team.run(3, lambda _: threading.get_ident())
    process = os.fork()
    if process == 0:
        others = team.run(3, lambda _: threading.current_thread())[1:]
        del team
        gc.collect()
        for thread in others:
            thread.join(5)
        os._exit(any(thread.is_alive() for thread in others))
    assert os.waitpid(process, 0)[1] == 0
    assert team.run(3, lambda _: threading.get_ident()) == before
