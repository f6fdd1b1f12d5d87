"""softsign: an activation whose ends are reached slowly."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="softsign",
    summary="Each value over one more than its size: x / (1 + |x|), from -1 to 1 like `tanh`, but "
    "reached more slowly.",
    example="softsign",
    source="Bergstra et al. 2009, Quadratic polynomials learn better image features",
    monotonic=True,
    bounds=(-1.0, 1.0),
    family="activation",
    elementwise=True,
)
