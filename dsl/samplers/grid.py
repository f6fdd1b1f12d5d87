"""grid: all that there is, one after the other."""

from lenet.dsl.samplers import Sampler

SAMPLER = Sampler(
    name="grid",
    summary="every combination once, the last line's settings changing fastest; ranges need "
    "`steps`, or whole numbers",
    example="sampler grid",
    aliases=("gridsearch", "grid_search", "gridsampler", "exhaustive"),
    exhaustive=True,
)
