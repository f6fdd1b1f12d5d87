"""Tiles as source: the line of the emitted module that builds one."""


def correlation_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of a Correlation with these settings."""
    return f"{name} = correlate(Correlation(\n{lines(settings)}))\n"


def outer_product_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of an OuterProduct with these settings."""
    return f"{name} = outer_product(OuterProduct(\n{lines(settings)}))\n"


def pooled_product_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of a PooledProduct with these settings."""
    return f"{name} = pooled_product(PooledProduct(\n{lines(settings)}))\n"


def product_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of a Product with these settings."""
    return f"{name} = product_of(Product(\n{lines(settings)}))\n"


def lane_product_source(name: str, **settings: object) -> str:
    """`name` becomes the tile of a LaneProduct with these settings."""
    return f"{name} = lane_product(LaneProduct(\n{lines(settings)}))\n"


def lines(settings: dict[str, object]) -> str:
    """Settings as keyword arguments, one a line."""
    return "".join(f"    {key}={value!r},\n" for key, value in settings.items())
