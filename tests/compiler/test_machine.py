"""Limits of containers, on made-up trees of /proc and /sys."""

import os
from pathlib import Path

import pytest

from lenet.compiler import machine
from lenet.compiler.machine import available_cores, available_memory, total_memory

GIB = 2**30
MEMINFO = f"MemTotal: {64 * GIB // 1024} kB\nMemFree: 10 kB\nMemAvailable: {32 * GIB // 1024} kB\n"


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"proc/meminfo": MEMINFO, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


def version_2(root: Path, path: str, files: dict[str, str], mounted: str = "/") -> Path:
    return tree(
        root,
        {
            "proc/self/cgroup": f"0::{path}",
            "proc/self/mountinfo": "1 0 0:1 / / rw - overlay overlay rw\n"
            f"31 23 0:28 {mounted} /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw",
            **{f"sys/fs/cgroup/{name}": text for name, text in files.items()},
        },
    )


def version_1(root: Path, path: str, files: dict[str, str], mounted: str = "/") -> Path:
    places = ("cpu,cpuacct", "memory")
    return tree(
        root,
        {
            "proc/self/cgroup": "\n".join(f"{k}:{name}:{path}" for k, name in enumerate(places)),
            "proc/self/mountinfo": "\n".join(
                f"3{k} 23 0:28 {mounted} /sys/fs/cgroup/{name} rw - cgroup cgroup rw,{name}"
                for k, name in enumerate(places)
            ),
            **{f"sys/fs/cgroup/{name}": text for name, text in files.items()},
        },
    )


def test_without_limits_it_is_the_machine(tmp_path: Path) -> None:
    for root in (
        tree(tmp_path / "none", {}),
        version_2(tmp_path / "two", "/", {"memory.max": "max", "cpu.max": "max 100000"}),
        version_1(
            tmp_path / "one",
            "/",
            {
                "memory/memory.limit_in_bytes": "9223372036854771712",
                "memory/memory.usage_in_bytes": "1000",
                "cpu,cpuacct/cpu.cfs_quota_us": "-1",
                "cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
        ),
    ):
        assert available_cores(root) == 8
        assert total_memory(root) == 64 * GIB and available_memory(root) == 32 * GIB


def test_version_2_counts_the_groups_around(tmp_path: Path) -> None:
    root = version_2(
        tmp_path,
        "/pod/container",
        {
            "pod/container/memory.max": "max",
            "pod/container/cpu.max": "max 100000",
            "pod/memory.max": str(4 * GIB),
            "pod/memory.current": str(3 * GIB),
            "pod/memory.stat": f"anon 5\ninactive_file {2 * GIB}\nactive_file 7",
            "pod/cpu.max": "250000 100000",
        },
    )
    assert available_cores(root) == 3
    assert total_memory(root) == 4 * GIB
    assert available_memory(root) == 4 * GIB - (3 * GIB - 2 * GIB)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("10000 100000", 1), ("100000 100000", 1), ("150000 100000", 2), ("75000 50000", 2),
     ("1600000 100000", 8), ("nonsense", 8), ("", 8)],
)  # fmt: skip
def test_a_part_of_a_processor_is_worth_a_thread(tmp_path: Path, quota: str, cores: int) -> None:
    assert available_cores(version_2(tmp_path, "/", {"cpu.max": quota})) == cores


def test_a_namespace_shows_its_own_group_at_the_top(tmp_path: Path) -> None:
    """With the path as the host sees it, or as the container does."""
    for number, path in enumerate(("/kubepods/pod/abc", "/", "/../elsewhere")):
        root = version_2(
            tmp_path / str(number), path, {"memory.max": str(GIB), "cpu.max": "100000 100000"}
        )
        assert (available_cores(root), total_memory(root)) == (1, GIB)


@pytest.mark.parametrize("mounted", ["/", "/docker/abc"])
def test_version_1(tmp_path: Path, mounted: str) -> None:
    inner = "docker/abc/" if mounted == "/" else ""
    root = version_1(
        tmp_path,
        "/docker/abc",
        {
            f"memory/{inner}memory.limit_in_bytes": str(2 * GIB),
            f"memory/{inner}memory.usage_in_bytes": str(GIB),
            f"memory/{inner}memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB // 2}",
            f"cpu,cpuacct/{inner}cpu.cfs_quota_us": "150000",
            f"cpu,cpuacct/{inner}cpu.cfs_period_us": "100000",
        },
        mounted,
    )
    assert available_cores(root) == 2
    assert total_memory(root) == 2 * GIB and available_memory(root) == 2 * GIB - GIB // 2


def test_more_in_use_than_allowed_leaves_nothing(tmp_path: Path) -> None:
    files = {"memory.max": "1000", "memory.current": "2000"}
    assert available_memory(version_2(tmp_path, "/", files)) == 0


def test_this_machine_tells() -> None:
    assert 0 < available_memory() <= total_memory()
    assert available_cores() >= 1


def test_limits_reach_what_depends_on_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lenet.compiler.jit.compile_workers import Helpers
    from lenet.runtime.spark import settings

    root = version_2(tmp_path, "/", {"memory.max": str(3 * GIB), "cpu.max": "100000 100000"})
    for function in (available_cores, total_memory, available_memory):
        monkeypatch.setattr(function, "__defaults__", (root,))
    assert Helpers.start(tmp_path, [object()] * 99, []) is None  # type: ignore[list-item]
    assert settings.local_cores("local[*]") == 1
    assert settings.driver_memory(0) == 1024
    assert settings.driver_memory(10 * GIB) == settings.memory_ahead() == 1536
    monkeypatch.setattr(settings, "total_memory", lambda: GIB // 2)
    assert settings.driver_memory(10 * GIB) == settings.memory_ahead() == 512
    monkeypatch.setattr(settings, "total_memory", lambda: 100 * GIB)
    assert settings.driver_memory(10 * GIB) > settings.memory_ahead() == 31 * 1024
    assert machine.available_cores() == 1


def _make_group(folder: Path, name: str, text: str) -> None:
    folder.mkdir()
    (folder / name).write_text(text)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make control groups")
def test_a_real_group() -> None:
    import subprocess
    import sys

    group = Path(f"/sys/fs/cgroup/memory/lenet-test-{os.getpid()}")
    if not group.parent.is_dir():
        group = Path(f"/sys/fs/cgroup/lenet-test-{os.getpid()}")
    version_1 = group.parent.name == "memory"
    try:
        name = "memory.limit_in_bytes" if version_1 else "memory.max"
        _make_group(group, name, str(GIB))
    except OSError as error:
        if group.is_dir():
            group.rmdir()
        pytest.skip(f"control groups cannot be made here: {error}")
    try:
        script = (
            f"open('{group}/cgroup.procs', 'w').write('0')\n"
            "from lenet.compiler.machine import available_memory, total_memory\n"
            "print(total_memory(), available_memory())"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"nobody can enter the group: {done.stderr[-200:]}")
        whole, free = map(int, done.stdout.split())
        assert whole == GIB and 0 < free <= GIB
    finally:
        group.rmdir()
