"""`lenet shapes`: every layer's shape and size."""

import json

from lenet.commands import Json, Set, Spec, load_network
from lenet.shapes import shapes, shapes_text


def show_shapes(spec: Spec, as_json: Json = False, set_: Set = None) -> None:
    """Show every layer's shape and size."""
    table = shapes(load_network(spec, set_).graph, str(spec))
    print(json.dumps(table) if as_json else shapes_text(table), end="\n" if as_json else "")
