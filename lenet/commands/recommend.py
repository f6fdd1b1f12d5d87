"""`lenet recommend`: what a user has not seen, and may like."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Json, Model
from lenet.terminal.console import say, say_json


def recommend(
    model: Model,
    user: Annotated[str, typer.Option("--user", metavar="USER", help="As the table has it.")],
    top: Annotated[int, typer.Option("--top", min=1, help="How many items.")] = 10,
    as_json: Json = False,
) -> None:
    """Print the items that a model of `liked` rows recommends to a user, the best first.

    Items that the user had seen in training are left out. Each comes with the probability that the
    net gives it among pairs that were seen and pairs that were drawn, which tells their order. A
    net that predicts ratings of a user and an item tells these, of all items.
    """
    from lenet.runtime.models.model import Model as Trained
    from lenet.runtime.models.recommend import recommended

    trained = Trained.open(Path(model))
    rated = trained.graph.answers == "numbers"
    word = "rating" if rated else "probability"
    for item, value in recommended(trained, user, top):
        if as_json:
            say_json({"item": item, word: value})
        else:
            say(f"{item}  {value:.6g}" if rated else f"{item}  {value:.2%}")
