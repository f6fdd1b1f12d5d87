"""A first spec for data: what `lenet new` writes after a look at them."""

from pathlib import Path

from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.diagnostics import SpecError
from lenet.dsl.syntax.format import format_text
from lenet.proposed.pictures import is_pictures, of_pictures
from lenet.proposed.proposal import Proposal
from lenet.proposed.tables import of_table


def proposed(data: Path, predict: str | None, written: str) -> Proposal:
    """A readable spec for a csv or parquet file, or a folder of pictures, which it calls `written`;
    of a table, `predict` is the column to answer. LenetError where there is nothing to learn."""
    if not data.exists():
        raise LenetError(f"there is no {data}", "", "name a csv or parquet file, or a folder")
    if is_pictures(data):
        if predict is not None:
            raise LenetError(
                "pictures have no columns",
                "Their folders are their classes.",
                "leave --predict out",
            )
        found = of_pictures(data, written)
    else:
        found = of_table(data, predict, written)
    text = format_text(found.text)
    checked = check(text)
    if checked.graph is None:  # which would be a mistake of ours
        raise SpecError("the proposal", text, checked.diagnostics, checked.imports)
    return Proposal(text, found.said)
