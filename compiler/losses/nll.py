"""nll: the net gives log-probabilities itself."""

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.likelihood import likelihood_kernel, likelihood_values

CODE = LossCode(likelihood_kernel, likelihood_values)
