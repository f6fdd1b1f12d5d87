"""A user that is a bare number: no name, no home, as in containers."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = next(Path(p) for p in sys.path if p.endswith("site-packages"))
UID = 12345
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


@dataclass(frozen=True)
class Nobody:
    """`temporary` is for temporary files; `closed`, a read-only folder, is where programs start."""

    python: str
    temporary: Path
    closed: Path

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Python with these arguments, and without a HOME unless it is given."""
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{SITE}",
            "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(self.temporary), **variables,
        }  # fmt: skip
        user = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups"]
        return subprocess.run(
            [*user, self.python, *arguments], env=environment, cwd=self.closed,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def lenet(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return self.run("-c", "from lenet.cli import main; main()", *arguments, **variables)


@contextmanager
def nobody() -> Iterator[Nobody]:
    """Skips the test where no Python of this version can be started by others."""
    places = os.pathsep.join(["/usr/bin", "/usr/local/bin", os.path.dirname(sys.executable)])
    # Unlike pytest's folders, others can reach this one.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        user = Nobody(shutil.which("python3", path=places) or "", folder / "tmp", folder / "closed")
        user.temporary.mkdir()
        user.temporary.chmod(0o1777)
        user.closed.mkdir(mode=0o555)
        try:
            done = user.run("-c", "import sys, lenet; print(*sys.version_info[:2])")
        except OSError as error:
            pytest.skip(str(error))
        if done.stdout.split() != [str(part) for part in sys.version_info[:2]]:
            pytest.skip("no Python of this version that another user may start")
        yield user
