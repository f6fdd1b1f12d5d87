"""tpe: where good trials are dense and bad ones are not."""

from lenet.dsl.samplers import Sampler

SAMPLER = Sampler(
    name="tpe",
    summary="ten trials by chance, then settings that are likely among the good trials so far, "
    "and unlikely among the others: a tree of Parzen estimators",
    example="sampler tpe",
    source="Bergstra et al. 2011, Algorithms for hyper-parameter optimization",
    aliases=("bayes", "bayesian", "hyperopt", "optuna", "tpesampler"),
    usual=True,
)
