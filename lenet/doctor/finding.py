"""What `lenet doctor` has looked at."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something of the `group` that was looked at, what was `found`, and, where that is odd, the
    `problem` and what mends it. Where it is `broken`, `lenet train` cannot do its work."""

    group: str
    name: str
    found: str
    problem: str = ""
    fix: str = ""
    broken: bool = False

    @property
    def state(self) -> str:
        """ "ok", "odd" or "broken"."""
        return "broken" if self.broken else "odd" if self.problem else "ok"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "group": self.group,
            "name": self.name,
            "state": self.state,
            "found": self.found,
            "problem": self.problem,
            "fix": self.fix,
        }


def size(count: float) -> str:
    """Bytes as a person reads them."""
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.0f} MiB"
