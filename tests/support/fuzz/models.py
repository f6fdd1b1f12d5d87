"""Mutants of a model's file, of a checkpoint, and of what a run says of itself.

Most have sound checksums: who makes a file on purpose writes those anew. Each is refused with one
message, or gives the answers that a float64 reference gives for what it holds.
"""

import copy
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from safetensors.numpy import save

from lenet import LenetError
from lenet.api import load_again
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.dsl.messages.clean import clean_lines
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_facts import facts_of
from lenet.runtime.models.model_file import _checksum
from lenet.runtime.records import checkpoint
from lenet.runtime.records.observed import Observed
from lenet.runtime.training.parameters import digest, initial_weights, to_tensors

SPEC = """\
let width = 3
input 1x8x8
conv width x 3 x 3 as conv
batchnorm as norm
relu
maxpool 2
flatten
linear 10 as score
logsoftmax

data digits
  normalize
"""
_SECONDS = 2.0  # of the processor, for a mutant; what is compiled counts apart

HOSTILE: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3.5, 1e308, -1e308, 1e-320, 10**400, -(10**30), 2**63,
    float("nan"), float("inf"), "", "1", "NaN", "1e9999999", "1/0", "9" * 5000, "\x1b[31m",
    "\u202e", "\0", "x" * 10000, [], {}, [[]], {"": None}, [0] * 1000, [1.0], ["a"] * 10,
]  # fmt: skip
TEXTS = [
    "", "null", "{}", "[]", "0", "[" * 100000, '{"a":' * 50000, "nan", "1e9999999", "\x00",
    "[1" + "0" * 100000 + "]", '"', "true", "[NaN]", "[Infinity]", "[1e999]", "\ud7ff",
]  # fmt: skip
SPECS = [
    "", "input", "input 1x8x8\n", "input 1x8x8\nflatten\nlinear 10\nlogsoftmax\n",
    "input 8\nlinear 2000000000\nlogsoftmax\n", "input 1x8x8\nconv 3x3x3\n", "\n" * 100000,
    "let a = 9*9*9*9*9*9*9*9\n" * 1000, 'import "/dev/zero"\n', 'import "../../etc/passwd"\n',
    SPEC.replace("linear 10", "linear 11"), SPEC.replace("width = 3", "width = 100000000"),
    SPEC.replace("1x8x8", "1x2000000x2000000"), SPEC.replace("flatten", ""), "x" * 100000,
]  # fmt: skip


@cache
def _sound() -> Model:
    graph = check_graph(SPEC, "net")
    random = np.random.default_rng(1)
    tensors = to_tensors(compile_graph(graph), initial_weights(compile_graph(graph), 1))
    tensors["norm.mean"] = random.normal(size=3).astype(np.float32)
    tensors["norm.variance"] = random.uniform(0.5, 2, 3).astype(np.float32)
    epoch = {"epoch": 1, "iteration": 9, "loss": 0.5, "validation": {"top1": 0.5}}
    return Model(
        SPEC, tensors, tuple("0123456789"), 1 / 16, (0.3,), (0.4,), (epoch,), {}, {}, 1,
        Observed((1, 8, 8), 0.0, 1.0, (0.0, 0.1)), "net",
    )  # fmt: skip


@cache
def _program_source() -> str:
    return compile_graph(_sound().graph).source


@cache
def _images() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 17, (8, 64)).astype(np.uint8)


def run(seed: int) -> str:
    """Make a mutant and try it; what became of it."""
    random = Random(seed)
    kind = random.choice((_run, *(_metadata,) * 3, _any_bytes, _tensors, _header, _state))
    with tempfile.TemporaryDirectory(prefix="lenet-fuzz-") as folder:
        try:
            if kind is _run:
                return _opened(Path(folder), "run.json", _run(random), load_again)
            return _opened(Path(folder), "model.safetensors", kind(random), Model.open)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, {kind.__name__}: {error}") from error
        except Exception as error:
            raise AssertionError(f"seed {seed}, {kind.__name__}: {error!r}") from error


def _opened(folder: Path, name: str, content: bytes, read: Callable[[Path], Any]) -> str:
    path = folder / name
    path.write_bytes(content)
    started = time.process_time()
    try:
        found = read(folder if read is load_again else path)
        assert clean_lines(str(found)) == str(found), f"{str(found)!r} is not clean"
    except LenetError as error:
        _check_message(error)
        return f"refused: {error.title.replace(str(path), '').strip()[:40]}"
    finally:
        seconds = time.process_time() - started
        assert seconds < _SECONDS, f"{seconds:.1f} s to open it"
    return _answers(found) if isinstance(found, Model) else "opened: a run"


def _answers(model: Model) -> str:
    """Whether they are right, where the kernels are there already."""
    if compile_graph(model.graph).source != _program_source():
        return "opened: another net"
    answers = []
    for images in (_images(), _images()[:1]):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answers.append(model.predict(images))
                again = model.predict(images)
        except LenetError as error:
            _check_message(error)
            return f"refused: {error.title[:40]}"
        assert answers[-1] == again, "two answers to one question"
        assert len(model.classes) == 10
    expected = _reference(model)
    if not np.isfinite(expected).all() or np.abs(expected).max() > 1e3:
        return "an answer beyond all measure"
    for answer, right in zip(answers, (expected, expected[:1]), strict=True):
        np.testing.assert_allclose(answer.probabilities, np.exp(right), rtol=5e-3, atol=1e-4)
    return "right answer"


def _check_message(error: LenetError) -> None:
    assert error.title and len(str(error)) < 5000, str(error)[:300]
    assert "Traceback" not in str(error)
    assert clean_lines(str(error)) == str(error), f"{str(error)!r} is not clean"


def _reference(model: Model) -> np.ndarray:
    """Log-probabilities in float64, from the mathematics."""
    t = {name: tensor.astype(np.float64) for name, tensor in model.tensors.items()}
    with np.errstate(all="ignore"):
        x = (_images().reshape(8, 8, 8) * model.pixel_scale - model.mean[0]) / model.deviation[0]
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))
        y = np.einsum("nhwij,oij->nohw", windows, t["conv.weight"][:, 0])
        y += t["conv.bias"][:, None, None]
        factor = t["norm.scale"] / np.sqrt(t["norm.variance"] + 1e-5)
        y = (y - t["norm.mean"][:, None, None]) * factor[:, None, None]
        y = np.maximum(y + t["norm.shift"][:, None, None], 0)
        y = y.reshape(8, 3, 3, 2, 3, 2).max(axis=(3, 5)).reshape(8, 27)
        y = y @ t["score.weight"].T + t["score.bias"]
        y -= y.max(axis=1, keepdims=True)
        found: np.ndarray = y - np.log(np.exp(y).sum(axis=1, keepdims=True))
    return found


# Mutants


def _any_bytes(random: Random) -> bytes:
    data = bytearray(_sound().to_bytes())
    for _ in range(random.choice([1, 1, 3, 20])):
        place = random.randrange(len(data))
        how = random.randrange(5)
        if how == 0:
            data[place] ^= 1 << random.randrange(8)
        elif how == 1:
            del data[place:]
        elif how == 2:
            del data[place : place + random.randrange(1, 50)]
        elif how == 3:
            data[place:place] = random.randbytes(random.randrange(1, 50))
        else:
            data[:8] = random.choice([0, 1, 2**31, 2**63, 2**64 - 1]).to_bytes(8, "little")
        if not data:
            break
    return bytes(data)


def _metadata(random: Random) -> bytes:
    model = _sound()
    metadata = {
        "format": "lenet-1", **facts_of(model), "digest": model.digest,
        "history": json.dumps(list(model.history)),
    }  # fmt: skip
    return _signed(_mutated_facts(metadata, random), dict(model.tensors))


def _tensors(random: Random) -> bytes:
    model = _sound()
    tensors = {name: tensor.copy() for name, tensor in model.tensors.items()}
    name = random.choice(sorted(tensors))
    tensor = tensors[name]
    how = random.randrange(7)
    if how == 0:
        del tensors[name]
    elif how == 1:
        tensors[random.choice(["other", "", "x" * 10000, "\x1b[31m"])] = tensor
    elif how == 2:
        tensors[name] = tensor.astype(random.choice([np.float64, np.float16, np.int8, np.bool_]))
    elif how == 3:
        tensors[name] = tensor.reshape(-1) if tensor.ndim > 1 else tensor[:, None].copy()
    elif how == 4:
        tensors[name] = tensor[:-1].copy()
    else:
        value = random.choice([np.nan, np.inf, -np.inf, 1e38, -1e38, -1, 0, 1e-45, 7])
        tensor.flat[random.randrange(tensor.size)] = value
    metadata = {
        "format": "lenet-1", **facts_of(model), "digest": digest(tensors),
        "history": json.dumps(list(model.history)),
    }  # fmt: skip
    return _signed(metadata, tensors)


def _header(random: Random) -> bytes:
    """The format's own description of what follows."""
    data = _sound().to_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    name = random.choice([key for key in header if key != "__metadata__"])
    header[name] = _mutated(header[name], random)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def _state(random: Random) -> bytes:
    """A checkpoint, which is a model, too."""
    model = _sound()
    program = compile_graph(model.graph)
    weights = initial_weights(program, 1)
    facts = _mutated_facts(facts_of(model), random) if random.random() < 0.6 else facts_of(model)
    if random.random() < 0.4:
        others = weights.astype(np.float64), weights[:, None], weights * np.nan
        weights = random.choice((weights[:-1], *others))
    position: Any = {"iteration": 5, "at": {"iteration": 5}, "stopper": {}}
    if random.random() < 0.3:
        position = _mutated(position, random)
    tensors = {"weights": np.ascontiguousarray(weights), "optimizer": np.zeros(3, np.float32)}
    metadata = {
        "format": checkpoint.FORMAT, "job": "", "position": json.dumps(position),
        "model": json.dumps(facts) if random.random() < 0.9 else random.choice(TEXTS),
    }  # fmt: skip
    metadata["checksum"] = checkpoint._checksum(tensors, metadata)
    return bytes(save(tensors, metadata))


def _run(random: Random) -> bytes:
    """What a run says of itself."""
    about: Any = {
        "spec": "/net.lenet", "source": SPEC, "imports": {}, "settings": {"width": "3"},
        "data": None, "epochs": 2, "engine": "local",
    }  # fmt: skip
    text = json.dumps(_mutated(about, random)) if random.random() < 0.9 else random.choice(TEXTS)
    return text.encode()


def _mutated_facts(facts: dict[str, str], random: Random) -> dict[str, str]:
    facts = dict(facts)
    key = random.choice(sorted(facts))
    how = random.randrange(10)
    if how == 0:
        del facts[key]
    elif how == 1:
        facts[key] = random.choice(TEXTS)
    elif how == 2:
        facts["spec"] = random.choice(SPECS)
    elif key in ("spec", "name", "format", "digest", "spec_digest"):
        facts[key] = random.choice([v for v in HOSTILE if isinstance(v, str)])
    else:
        facts[key] = json.dumps(_mutated(json.loads(facts[key]), random))
    return facts


def _mutated(value: Any, random: Random) -> Any:
    """With something else in one place of it."""
    value = copy.deepcopy(value)
    if random.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return random.choice(HOSTILE)
    places: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    place = random.choice(places)
    how = random.randrange(6)
    if how == 0:
        del value[place]
    elif how == 1 and isinstance(value, list):
        value.append(random.choice(HOSTILE))
    elif how == 1:
        value[random.choice(["", "width", "conv", "x" * 1000])] = random.choice(HOSTILE)
    elif how == 2:
        value[place] = random.choice(HOSTILE)
    elif how == 3 and _is_number(value[place]):
        value[place] = value[place] * random.choice([-1, 0, 2, 1e30, 1e-30])
    else:
        value[place] = _mutated(value[place], random)
    return value


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _signed(metadata: dict[str, str], tensors: dict[str, np.ndarray]) -> bytes:
    """With the checksums that it would have had from us."""
    if "spec" in metadata:
        text = metadata["spec"].encode(errors="surrogatepass")
        metadata["spec_digest"] = sha256(text).hexdigest()
    metadata["checksum"] = _checksum(metadata)
    return bytes(save(tensors, metadata))
