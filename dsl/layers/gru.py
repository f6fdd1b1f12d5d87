"""gru: a layer with a state, and two gates."""

from lenet.dsl.recurrent import OPTIONS, UNITS, Bias, always, infer, macs, tensors
from lenet.dsl.registry import Layer, kept


def _biases(units: int) -> tuple[Bias, ...]:
    return (("bias", 3 * units, 0.0), ("candidate_bias", units, 0.0))


LAYER = Layer(
    name="gru",
    summary="A gated recurrent unit along the steps of a sequence, with the options of `lstm` and "
    "three quarters of its weights. In the order of its tensors, it has the gates reset r and "
    "update z, which are sigmoids, and the candidate n: h = (1 - z) n + z h. As in PyTorch and "
    "cuDNN, the reset gate comes behind the product, n = tanh(W x + b + r (U h + c)), since then "
    "all products of a step are one; c is `candidate_bias`. Behind a text's last word its state "
    "stays as it is. Unless `init` says more, the weights of the input begin as `xavier`, those of "
    "h as `orthogonal`, and the biases at 0.",
    example="gru 64",
    arguments=(UNITS,),
    options=OPTIONS,
    infer=infer,
    parameters=tensors(3, _biases),
    macs=macs(3),
    aliases=("bigru", "cudnngru", "grucell"),
    source="Cho et al. 2014, Learning phrase representations using RNN encoder-decoder",
    family="recurrent",
    steps=True,
    recurrent=True,
    ends=always,
    shortens=kept,
)
