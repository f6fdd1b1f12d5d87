"""The one exception type that reaches a user as a message, never as a traceback."""

from lenet.dsl.messages.clean import clean, clean_lines


class LenetError(Exception):
    """A mistake of the user's or of the outside world: what is wrong, why, and how to fix it.

    `fix` is what the command line prints. Where it names options, `python` says the same to who
    calls from Python, and so do `str(error)` and tracebacks.
    """

    def __init__(self, title: str, detail: str = "", fix: str = "", python: str = "") -> None:
        super().__init__(title, detail, fix, python)
        self.title = title
        self.detail = detail
        self.fix = fix
        self.python = python

    @property
    def words(self) -> list[str]:
        """What makes the same error again, in another process."""
        return [self.title, self.detail, self.fix, self.python]

    def __str__(self) -> str:
        parts = clean(self.title), clean_lines(self.detail), clean_lines(self.python or self.fix)
        return "\n".join(part for part in parts if part)
