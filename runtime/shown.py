"""Values that notebooks show as pages: what they look like is for the face to say."""

from collections.abc import Callable
from typing import Any

Renderer = Callable[[Any], str]
_renderers: list[Renderer] = []


def set_renderer(renderer: Renderer) -> None:
    """Have `renderer` make HTML of every Shown from now on."""
    _renderers[:] = [renderer]


class Shown:
    """Where nobody has set a renderer, a notebook falls back to `repr`."""

    def _repr_html_(self) -> str | None:
        return _renderers[0](self) if _renderers else None
