"""lstm: a layer with a state, and gates that say what it keeps of it."""

from lenet.dsl.recurrent import OPTIONS, UNITS, Bias, always, infer, macs, tensors
from lenet.dsl.registry import Layer, kept


def _biases(units: int) -> tuple[Bias, ...]:
    """That of the second gate, which forgets, begins at 1."""
    zeros = (0.0,) * units
    return (("bias", 4 * units, (*zeros, *(1.0,) * units, *zeros, *zeros)),)


LAYER = Layer(
    name="lstm",
    summary="A long short-term memory along the steps of a sequence: `lstm 64` gives 64 values at "
    "each step, `lstm 64 both ways last` a vector of 128. Its gates are, in the order of its "
    "tensors, input i, forget f, cell g and output o, with one bias each: c = f c + i g and "
    "h = o tanh(c), where i, f and o are sigmoids and g is a tanh of the step's input and the h "
    "before. Behind a text's last word its state stays as it is. Unless `init` says more, the "
    "weights of the input begin as `xavier`, those of h as `orthogonal`; the biases begin at 0, "
    "and at 1 for f, so that it remembers at first, whatever `init` says.",
    example="lstm 64",
    arguments=(UNITS,),
    options=OPTIONS,
    infer=infer,
    parameters=tensors(4, _biases),
    macs=macs(4),
    aliases=("bilstm", "bidirectional", "cudnnlstm", "lstmcell", "recurrent", "rnn", "simplernn"),
    source="Hochreiter and Schmidhuber 1997, Long short-term memory; Gers et al. 2000 for the "
    "forget gate, Jozefowicz et al. 2015 for its bias",
    family="recurrent",
    steps=True,
    recurrent=True,
    ends=always,
    shortens=kept,
)
