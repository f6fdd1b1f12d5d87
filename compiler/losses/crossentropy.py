"""crossentropy: log-probabilities are made of plain scores."""

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.likelihood import likelihood_kernel, mixed_likelihood_kernel

CODE = LossCode(likelihood_kernel, end=("logsoftmax", {}), mixed=mixed_likelihood_kernel)
