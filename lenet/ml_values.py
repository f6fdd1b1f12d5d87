"""What the parameters `spec` and `settings` of Spark ML hold: values that JSON can save, made of
what a person gives. Grids and `fit` convert them as the constructor does, more than once."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from lenet.api import Network, Settings, load, read_settings
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError

_KEYS = {"name", "text", "imports"}


def spec_value(given: Any, settings: Settings | None = None) -> dict[str, Any]:
    """A spec with all that it imports, checked with other values of its constants: from the path of
    a .lenet file, its text, or what this has given. Raises LenetError."""
    if isinstance(given, Mapping) and set(given) == _KEYS:
        return dict(given)
    if not isinstance(given, str | Path):
        raise LenetError(
            f"a spec cannot be {_named(given)}", "", "give the path of a .lenet file, or its text"
        )
    network = load(given, settings)
    graph = network.graph
    return {"name": network.path.name, "text": graph.source, "imports": dict(graph.imports)}


def settings_value(given: Any) -> dict[str, str]:
    """Values of constants as texts, by their names. Raises LenetError where one is no number."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise LenetError(
            f"settings cannot be {_named(given)}", "", 'give names and numbers: {"width": 16}'
        )
    read_settings(given)
    return {name: str(value) for name, value in given.items()}


def network_of(spec: Mapping[str, Any], settings: Mapping[str, Fraction]) -> Network:
    """The net that both stand for, checked."""
    graph = check_graph(spec["text"], spec["name"], settings, spec["imports"])
    return Network(Path(spec["name"]), graph, settings)


def _named(value: Any) -> str:
    return f"{str(value)[:60]!r}, which is of type {type(value).__name__}"
