"""Datasets: real digits, IDX files good and bad, downloads from servers good and bad."""

import gzip
import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from lenet.dsl.errors import LenetError
from lenet.runtime.data import DataError, Dataset, is_idx, read_idx
from lenet.runtime.datasets import load_dataset
from lenet.runtime.datasets.fetch import RemoteFile, fetch
from lenet.runtime.datasets.mnist import FILES, load_mnist

REAL_DATA = os.environ.get("LENET_DATA")
needs_mnist = pytest.mark.skipif(
    not REAL_DATA, reason="LENET_DATA does not name a folder that holds mnist/"
)


@pytest.fixture(autouse=True)
def no_user_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the user's data and cache out of the tests, and local servers away from proxies."""
    monkeypatch.delenv("LENET_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")


def idx_bytes(array: np.ndarray, element_type: int = 0x08) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, element_type, array.ndim]) + sizes + array.tobytes()


def some_images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def some_labels(*labels: int) -> np.ndarray:
    return np.array(labels, np.uint8)


def write_pair(folder: Path, images: np.ndarray, labels: np.ndarray, prefix: str = "train") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{prefix}-images-idx{images.ndim}-ubyte").write_bytes(idx_bytes(images))
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))


def check_invariants(dataset: Dataset) -> None:
    for images in (dataset.train, dataset.test):
        if images is not None:
            assert images.pixels.dtype == np.uint8
            assert images.pixels.flags.c_contiguous
            assert images.pixels.shape == (len(images), *dataset.shape)
            assert images.labels.dtype == np.int32
            assert images.labels.shape == (len(images),)
            assert 0 <= images.labels.min() <= images.labels.max() < len(dataset.classes)


# Datasets


def test_digits() -> None:
    dataset = load_dataset("digits")
    check_invariants(dataset)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.test)) == (1437, 360)
    assert dataset.shape == (1, 8, 8)
    assert dataset.train.pixels.max() * dataset.scale == 1
    assert np.bincount(dataset.test.labels, minlength=10).min() > 20
    again = load_dataset("digits")
    assert np.array_equal(again.train.pixels, dataset.train.pixels)


@needs_mnist
@pytest.mark.parametrize("place", ["folder", "mnist folder", "environment", "cache"])
def test_mnist(place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = Path(REAL_DATA or "")
    folder = {"folder": real / "mnist", "mnist folder": real}.get(place)
    if place == "environment":
        monkeypatch.setenv("LENET_DATA", str(real))
    if place == "cache":
        (tmp_path / "cache" / "lenet").mkdir(parents=True)
        (tmp_path / "cache" / "lenet" / "mnist").symlink_to(real / "mnist")
    dataset = load_mnist(folder, mirrors=())
    check_invariants(dataset)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.test)) == (60_000, 10_000)
    assert dataset.shape == (1, 28, 28)
    assert dataset.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert dataset.test.labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_mnist_under_other_names_in_an_explicit_folder(tmp_path: Path) -> None:
    images, labels = idx_bytes(some_images(3, 4, 4)), idx_bytes(some_labels(0, 9, 4))
    (tmp_path / "train-images.idx3-ubyte").write_bytes(images)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    (tmp_path / "t10k-images.idx3-ubyte.gz").write_bytes(gzip.compress(images))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(labels)
    dataset = load_dataset("mnist", folder=tmp_path)
    check_invariants(dataset)
    assert dataset.train.labels.tolist() == [0, 9, 4]


def test_mnist_missing_from_an_explicit_folder(tmp_path: Path) -> None:
    write_pair(tmp_path, some_images(3, 4, 4), some_labels(0, 1, 2))
    with pytest.raises(DataError) as caught:
        load_dataset("mnist", folder=tmp_path)
    assert caught.value.title == f"{tmp_path} does not hold MNIST."
    missing = "Missing: t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz"
    assert caught.value.detail == missing
    assert f"into {tmp_path}, " in caught.value.fix


def test_mnist_label_out_of_range(tmp_path: Path) -> None:
    write_pair(tmp_path, some_images(2, 4, 4), some_labels(0, 1))
    write_pair(tmp_path, some_images(2, 4, 4), some_labels(0, 10), "t10k")
    with pytest.raises(DataError, match="(?s)t10k-labels.*Label 10 at position 1; .* 0 to 9"):
        load_dataset("mnist", folder=tmp_path)


@pytest.mark.parametrize("prefix", ["t10k", "test"])
def test_idx_directory_with_channels(tmp_path: Path, prefix: str) -> None:
    images = some_images(3, 3, 5, 4)
    write_pair(tmp_path / "faces", images, some_labels(0, 2, 1))
    write_pair(tmp_path / "faces", images[:2], some_labels(1, 3), prefix)
    dataset = load_dataset("idx", str(tmp_path / "faces"))
    check_invariants(dataset)
    assert dataset.name == "faces"
    assert dataset.shape == (3, 5, 4)
    assert dataset.classes == ("0", "1", "2", "3")
    assert dataset.scale == 1 / 255
    assert np.array_equal(dataset.train.pixels, images)
    assert dataset.test is not None
    assert dataset.test.labels.tolist() == [1, 3]


def test_idx_directory_without_test_images(tmp_path: Path) -> None:
    images = some_images(3, 5, 4)
    write_pair(tmp_path, images, some_labels(0, 2, 1))
    zipped_twin = tmp_path / "train-images-idx3-ubyte.gz"
    zipped_twin.write_bytes(gzip.compress(idx_bytes(images)))
    dataset = load_dataset("idx", str(tmp_path))
    check_invariants(dataset)
    assert dataset.test is None
    assert dataset.shape == (1, 5, 4)


def test_unknown_kind_and_missing_argument() -> None:
    with pytest.raises(DataError, match='(?s)"cifar".*digits, .*mnist'):
        load_dataset("cifar")
    with pytest.raises(DataError, match="needs a path"):
        load_dataset("idx")


def test_hold_out() -> None:
    dataset = load_dataset("digits")
    split = dataset.hold_out(100, seed=3)
    check_invariants(split)
    assert split.test is not None
    assert (len(split.train), len(split.test)) == (1337, 100)
    both = np.concatenate([split.train.pixels, split.test.pixels]).reshape(1437, -1)
    whole = dataset.train.pixels.reshape(1437, -1)
    assert sorted(both.tolist()) == sorted(whole.tolist())
    again, other = dataset.hold_out(100, seed=3).test, dataset.hold_out(100, seed=4).test
    assert again is not None and other is not None
    assert np.array_equal(again.pixels, split.test.pixels)
    assert not np.array_equal(other.pixels, split.test.pixels)


@pytest.mark.parametrize("count", [-1, 0, 1437, 5000])
def test_hold_out_of_too_many_or_none(count: int) -> None:
    with pytest.raises(LenetError, match="of 1,437 training images"):
        load_dataset("digits").hold_out(count, seed=0)


# IDX files


@pytest.mark.parametrize("shape", [(7,), (2, 3), (2, 3, 4), (2, 3, 4, 5), (0, 3)])
@pytest.mark.parametrize("zipped", [False, True])
def test_read_idx(tmp_path: Path, shape: tuple[int, ...], zipped: bool) -> None:
    array = some_images(*shape)
    path = tmp_path / "array"
    path.write_bytes(gzip.compress(idx_bytes(array)) if zipped else idx_bytes(array))
    assert is_idx(path)
    assert np.array_equal(read_idx(path), array)
    assert read_idx(path).shape == shape


GOOD = idx_bytes(some_images(2, 3, 4))
ZIPPED = gzip.compress(GOOD)
BAD_FILES = {
    "empty": (b"", "0 bytes where a header should be"),
    "no IDX file": (b"\x89PNG" + GOOD, "magic number 0x89504e47"),
    "unknown type": (b"\0\0\x07\x03" + GOOD[4:], "magic number 0x00000703"),
    "no dimensions": (b"\0\0\x08\0" + GOOD[4:], "magic number 0x00000800"),
    "floats": (idx_bytes(np.zeros((2, 3), ">f4"), 0x0D), r"type is 0x0d \(32-bit float\)"),
    "short header": (GOOD[:10], "header has 10 of 16 bytes"),
    "short data": (GOOD[:-1], "23 bytes of data where 24 should be"),
    "short zipped data": (gzip.compress(GOOD[:-5]), "19 bytes of data where 24 should be"),
    "absurd size": (GOOD[:4] + b"\xff" * 12, "promises 79,228,162,4.* bytes"),
    "trailing bytes": (GOOD + b"more", "bytes follow the 24 bytes"),
    "trailing zipped bytes": (gzip.compress(GOOD + b"more"), "bytes follow the 24 bytes"),
    "cut gzip": (ZIPPED[:-12], "gzip packing is broken"),
    "wrong gzip checksum": (ZIPPED[:-8] + b"abcd" + ZIPPED[-4:], "gzip packing is broken"),
    "spoilt gzip": (ZIPPED[:12] + b"\xff" * 8 + ZIPPED[20:], "gzip packing is broken"),
    "garbage after gzip": (ZIPPED + b"more", "gzip packing is broken"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_idx_file(tmp_path: Path, name: str) -> None:
    content, message = BAD_FILES[name]
    path = tmp_path / "broken-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"(?s)broken-idx3-ubyte .*{message}"):
        read_idx(path)


def test_missing_idx_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="(?s)Cannot read .*absent.*No such file"):
        read_idx(tmp_path / "absent")
    with pytest.raises(DataError, match="Is a directory"):
        read_idx(tmp_path)
    assert not is_idx(tmp_path / "absent")
    assert not is_idx(tmp_path)


def test_is_idx_of_other_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"\0\0", b"net lenet", b"\x1f\x8b", gzip.compress(b"hello")):
        path.write_bytes(content)
        assert not is_idx(path)


BAD_PAIRS = {
    "counts differ": (some_images(3, 4, 4), some_labels(0, 1), "3 images, but 2 labels"),
    "no images": (some_images(0, 4, 4), some_labels(), r"holds no images.*\(0, 4, 4\)"),
    "no pixels": (some_images(2, 4, 0), some_labels(0, 1), r"holds no images.*\(2, 4, 0\)"),
    "flat images": (some_images(2, 4), some_labels(0, 1), "not a file of images.*2 dimensions"),
    "flat labels": (some_images(2, 4, 4), some_images(2, 4), "not a file of labels.*2 dimensions"),
}


@pytest.mark.parametrize("name", BAD_PAIRS)
def test_bad_pair(tmp_path: Path, name: str) -> None:
    images, labels, message = BAD_PAIRS[name]
    write_pair(tmp_path, images, labels)
    with pytest.raises(DataError, match=f"(?s)train-.*{message}"):
        load_dataset("idx", str(tmp_path))


def test_train_and_test_shapes_that_differ(tmp_path: Path) -> None:
    write_pair(tmp_path, some_images(2, 4, 4), some_labels(0, 1))
    write_pair(tmp_path, some_images(2, 4, 5), some_labels(0, 1), "test")
    with pytest.raises(DataError, match=r"(?s)train-.*test-.*\(1, 4, 4\).*\(1, 4, 5\)"):
        load_dataset("idx", str(tmp_path))


def test_idx_directory_that_lacks_a_file_or_has_two(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="(?s)Cannot read the directory.*absent"):
        load_dataset("idx", str(tmp_path / "absent"))
    with pytest.raises(DataError, match=r"holds no file train-images\*"):
        load_dataset("idx", str(tmp_path))
    write_pair(tmp_path, some_images(2, 4, 4), some_labels(0, 1))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(GOOD)
    with pytest.raises(DataError, match=r"holds no file t10k-labels\*"):
        load_dataset("idx", str(tmp_path))
    (tmp_path / "train-images-more").write_bytes(GOOD)
    with pytest.raises(DataError, match=r"(?s)more than one file train-images\*.*images-more"):
        load_dataset("idx", str(tmp_path))


def test_zipped_images_are_not_held_twice(tmp_path: Path) -> None:
    images = np.zeros((20_000, 28, 28), np.uint8)
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(images), 1))
    tracemalloc.start()
    read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * images.nbytes


# Downloads


@dataclass
class Mirror:
    """What a local server holds and how it misbehaves."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: int = 0  # answers still to be cut in the middle
    knows_range: bool = True
    requests: list[str] = field(default_factory=list)  # "name" or "name from START"


@pytest.fixture
def mirrors() -> Iterator[list[Mirror]]:
    """Two servers on this machine."""
    running = [start_server(Mirror()) for _ in range(2)]
    yield [mirror for _, mirror in running]
    for server, _ in running:
        server.shutdown()
        server.server_close()


def start_server(mirror: Mirror) -> tuple[ThreadingHTTPServer, Mirror]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            content = mirror.files.get(name)
            if content is None:
                return self.send_error(404)
            wanted = self.headers.get("Range")
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            mirror.requests.append(f"{name} from {start}" if start else name)
            if not mirror.knows_range:
                start = 0
            if start and start >= len(content):
                return self.send_error(416)
            body = content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            if start:
                end, size = len(content) - 1, len(content)
                self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
            self.end_headers()
            if mirror.cuts:
                mirror.cuts -= 1
                body = body[: len(body) // 2]
            self.wfile.write(body)
            return None

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    mirror.url = f"http://127.0.0.1:{server.server_port}/"
    return server, mirror


CONTENT = some_images(200_000).tobytes()
PACKED = gzip.compress(CONTENT, 1)
FILE = RemoteFile("file.gz", hashlib.sha256(CONTENT).hexdigest())


def urls(mirrors: list[Mirror]) -> list[str]:
    return [mirror.url for mirror in mirrors]


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_fetch_reports_progress_and_fetches_once(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[0].files["file.gz"] = PACKED
    steps: list[tuple[str, int, int]] = []
    path = fetch(FILE, tmp_path / "a" / "b", urls(mirrors), lambda *step: steps.append(step))
    assert path.read_bytes() == PACKED
    assert files_in(path.parent) == ["file.gz"]
    assert len(steps) > 1
    assert steps[-1] == ("file.gz", len(PACKED), len(PACKED))
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)
    assert fetch(FILE, path.parent, urls(mirrors)) == path
    assert mirrors[0].requests == ["file.gz"]


def test_fetch_accepts_an_unzipped_body(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[0].files["file.gz"] = CONTENT
    assert fetch(FILE, tmp_path, urls(mirrors)).read_bytes() == CONTENT


def test_fetch_resumes_after_a_cut(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[0].files["file.gz"] = PACKED
    mirrors[0].cuts = 1
    assert fetch(FILE, tmp_path, urls(mirrors)).read_bytes() == PACKED
    assert mirrors[0].requests == ["file.gz", f"file.gz from {len(PACKED) // 2}"]
    assert mirrors[1].requests == []


def test_fetch_resumes_what_an_earlier_run_left(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[0].files["file.gz"] = PACKED
    (tmp_path / "file.gz.part").write_bytes(PACKED[:1000])
    assert fetch(FILE, tmp_path, urls(mirrors)).read_bytes() == PACKED
    assert mirrors[0].requests == ["file.gz from 1000"]
    assert files_in(tmp_path) == ["file.gz"]


def test_fetch_of_a_part_that_is_whole(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[0].files["file.gz"] = PACKED
    (tmp_path / "file.gz.part").write_bytes(PACKED)
    assert fetch(FILE, tmp_path, urls(mirrors)).read_bytes() == PACKED
    assert mirrors[0].requests == [f"file.gz from {len(PACKED)}"]


def test_fetch_starts_over_where_range_is_ignored(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[0].files["file.gz"] = PACKED
    mirrors[0].knows_range = False
    mirrors[0].cuts = 1
    assert fetch(FILE, tmp_path, urls(mirrors)).read_bytes() == PACKED
    assert len(mirrors[0].requests) == 2


def test_fetch_after_another_mirrors_beginning(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[0].files["file.gz"] = gzip.compress(CONTENT, 9) + b"of another packing"
    mirrors[0].cuts = 100
    mirrors[1].files["file.gz"] = PACKED
    (tmp_path / "file.gz.part").write_bytes(b"something else altogether")
    assert fetch(FILE, tmp_path, urls(mirrors)).read_bytes() == PACKED
    assert mirrors[1].requests[-1] == "file.gz"


@pytest.mark.parametrize(
    "spoilt",
    [PACKED[:-9], PACKED[:5000] + PACKED[5001:], b"<html>", b""],
    ids=["too short", "a byte lacks", "a page", "empty"],  # PACKED has the time in it
)
def test_fetch_after_a_damaged_mirror(mirrors: list[Mirror], tmp_path: Path, spoilt: bytes) -> None:
    mirrors[0].files["file.gz"] = spoilt
    mirrors[1].files["file.gz"] = PACKED
    assert fetch(FILE, tmp_path, urls(mirrors)).read_bytes() == PACKED
    assert files_in(tmp_path) == ["file.gz"]
    assert mirrors[1].requests == ["file.gz"]


def test_fetch_when_every_mirror_fails(mirrors: list[Mirror], tmp_path: Path) -> None:
    mirrors[1].files["file.gz"] = b"damaged"
    with pytest.raises(DataError) as caught:
        fetch(FILE, tmp_path, urls(mirrors))
    assert caught.value.title == "Cannot download file.gz."
    first, second = caught.value.detail.splitlines()
    assert first == f"{mirrors[0].url}file.gz: HTTP Error 404: Not Found"
    assert second.startswith(f"{mirrors[1].url}file.gz: ") and "SHA-256" in second
    assert files_in(tmp_path) == []


def test_fetch_into_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="Cannot write to .*file"):
        fetch(FILE, tmp_path / "file" / "mnist", ())


def test_mnist_offline(tmp_path: Path) -> None:
    nobody_listens = "http://127.0.0.1:9/"
    with pytest.raises(DataError) as caught:
        load_mnist(mirrors=[nobody_listens])
    assert nobody_listens in caught.value.detail
    assert str(tmp_path / "cache" / "lenet" / "mnist") in caught.value.fix
    for file in FILES:
        assert file.name in caught.value.fix


def test_mnist_offline_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is sent to a folder that is gone when they read it."""
    monkeypatch.setenv("LENET_CACHE", "/dev/null/cache")
    with pytest.raises(DataError) as caught:
        load_mnist(mirrors=["http://127.0.0.1:9/"])
    assert "into a folder, or name" in caught.value.fix and "--data" in caught.value.fix
    assert "lenet-cache-" not in caught.value.fix


@needs_mnist
def test_mnist_downloads_into_the_cache(mirrors: list[Mirror], tmp_path: Path) -> None:
    real = Path(REAL_DATA or "") / "mnist"
    mirrors[0].files = {file.name: (real / file.name).read_bytes() for file in FILES}
    cache = tmp_path / "cache" / "lenet" / "mnist"
    dataset = load_mnist(mirrors=urls(mirrors))
    assert len(dataset.train) == 60_000
    assert files_in(cache) == sorted(file.name for file in FILES)
    load_mnist(mirrors=())
