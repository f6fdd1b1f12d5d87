"""logposterior: what the pass end_in_probabilities puts behind the distances of rbf.

With x a class's distance, its probability is exp(-x) over the sum of those of all classes and of
exp(-j), a rubbish class; so that the negative logarithm is the loss of LeCun et al. 1998,
equation 9.
"""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.softmaxes import normalized, normalized_single
from lenet.compiler.single_contract import Single
from lenet.dsl.registry import Layer

LAYER = Layer(
    name="logposterior",
    summary="Log-probabilities of the classes from their distances, beside a rubbish class.",
    example="",
    family="activation",
    gives="log-probabilities",
)

_Y = "value - largest - logarithm"


def emit(request: Request) -> Kernels:
    """Over channels, at each place: y = -x - log(exp(-rubbish) + sum(exp(-x)))."""
    return normalized(
        request, y=_Y, total="slope", dx="exp(value) * total - slope", negative=True,
        rubbish=request.node.arguments["rubbish"],
    )  # fmt: skip


def emit_single(request: Request) -> Single:
    """Over channels, at sixteen places at a time."""
    return normalized_single(request, _Y, True, request.node.arguments["rubbish"])
