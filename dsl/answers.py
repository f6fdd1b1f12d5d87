"""What a net may answer to a row: a class, numbers, yes or no to one or several questions, or a
class for each place of a map."""

from typing import Literal

Answers = Literal["class", "numbers", "yes or no", "places"]
# As messages name them.
WRITTEN: dict[Answers, str] = {
    "class": "classes",
    "numbers": "numbers",
    "yes or no": "answers yes or no",
    "places": "a class for each place",
}
