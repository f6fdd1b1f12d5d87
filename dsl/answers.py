"""What a net may answer to a row: a class, numbers, or yes or no to one or several questions."""

from typing import Literal

Answers = Literal["class", "numbers", "yes or no"]
# As messages name them.
WRITTEN: dict[Answers, str] = {
    "class": "classes",
    "numbers": "numbers",
    "yes or no": "answers yes or no",
}
