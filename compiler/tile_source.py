"""Tiles as source: the line of the emitted module that builds one."""


def correlation_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of a Correlation with these settings."""
    return f"{name} = correlate(Correlation(\n{_lines(settings)}))\n"


def outer_product_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of an OuterProduct with these settings."""
    return f"{name} = outer_product(OuterProduct(\n{_lines(settings)}))\n"


def product_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of a Product with these settings."""
    return f"{name} = product_of(Product(\n{_lines(settings)}))\n"


def _lines(settings: dict[str, object]) -> str:
    return "".join(f"    {key}={value!r},\n" for key, value in settings.items())
