"""The one exception type that reaches a user as a message, never as a traceback."""


class LenetError(Exception):
    """A mistake of the user's or of the outside world: what is wrong, why, and how to fix it."""

    def __init__(self, title: str, detail: str = "", fix: str = "") -> None:
        super().__init__(title, detail, fix)
        self.title = title
        self.detail = detail
        self.fix = fix

    def __str__(self) -> str:
        return "\n".join(part for part in (self.title, self.detail, self.fix) if part)
