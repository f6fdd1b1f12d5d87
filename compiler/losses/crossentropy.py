"""crossentropy: log-probabilities are made of plain scores, also at each place of a map."""

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.likelihood import likelihood_kernel, mixed_likelihood_kernel
from lenet.compiler.losses.places import places_kernel, places_values

CODE = LossCode(
    likelihood_kernel, end=("logsoftmax", {}), mixed=mixed_likelihood_kernel,
    places=places_kernel, values_of_places=places_values,
)  # fmt: skip
