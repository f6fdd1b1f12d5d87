"""adamw: Adam with the decoupled weight decay of Loshchilov and Hutter 2019, as in PyTorch."""

from lenet.compiler.optimizers.adam import rule_with
from lenet.compiler.optimizers.rule import Rule
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Adam's step, in which the weights decay beside the gradient."""
    return rule_with(optimizer, decoupled=optimizer["weight_decay"])
