"""random: each trial by itself."""

from lenet.dsl.samplers import Sampler

SAMPLER = Sampler(
    name="random",
    summary="every setting by chance, whatever came of the trials before",
    example="sampler random",
    source="Bergstra and Bengio 2012, Random search for hyper-parameter optimization",
    aliases=("randomsearch", "random_search", "randomsampler"),
)
