"""nll: the net gives log-probabilities itself."""

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.likelihood import likelihood_kernel, mixed_likelihood_kernel

CODE = LossCode(likelihood_kernel, mixed=mixed_likelihood_kernel)
