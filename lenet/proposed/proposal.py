"""What is proposed."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Proposal:
    """The text of a spec, and what was seen and left out, a line each."""

    text: str
    said: list[str] = field(default_factory=list)
