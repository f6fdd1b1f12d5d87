"""map: log-probabilities are made of distances."""

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.likelihood import likelihood_kernel, mixed_likelihood_kernel

RUBBISH = 0.1  # the distance of the rubbish class, j in LeCun et al. 1998, equation 9

CODE = LossCode(
    likelihood_kernel,
    end=("logposterior", {"rubbish": RUBBISH}),
    mixed=mixed_likelihood_kernel,
)
