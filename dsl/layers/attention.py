"""attention: each step of a sequence looks at all others, in several heads."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter, always
from lenet.dsl.sequences import CAUSAL, steps_of
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import INIT, REGULARIZED


def _infer(context: Context) -> Shape:
    channels, _ = steps_of(context)
    heads = int(context.arguments["heads"][0])
    if channels % heads:
        span = context.span("heads")
        raise Refused(messages.heads_do_not_divide(span, heads, channels, context.source))
    return context.input


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    """Of the projections to queries, keys and values, which lie one after the other, and of that of
    what the heads give."""
    channels, init = given[0], arguments["init"]
    bias = None if init is None else 0.0
    return (
        Parameter("in.weight", (3 * channels, channels), channels, init, fan_out=channels,
                  pytorch="in_proj_weight"),
        Parameter("in.bias", (3 * channels,), channels, bias, pytorch="in_proj_bias"),
        Parameter("out.weight", (channels, channels), channels, init,
                  pytorch="out_proj.weight"),
        Parameter("out.bias", (channels,), channels, bias, pytorch="out_proj.bias"),
    )  # fmt: skip


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    channels, steps = given
    return product(given) * (4 * channels + 2 * steps)


LAYER = Layer(
    name="attention",
    summary="Each step of a sequence becomes a mixture of all steps, by how well what it asks for "
    "fits what they offer: multi-head self-attention, with biases. `attention 4` has 4 heads, each "
    "with its part of the channels; with `causal`, a step sees itself and those before it. Of a "
    "text, only steps with words are seen.",
    example="attention 4",
    arguments=(Argument("heads", "the number of heads, which divides that of the channels"),),
    options=(CAUSAL, INIT, *REGULARIZED),
    infer=_infer,
    parameters=_parameters,
    macs=_macs,
    aliases=("multiheadattention", "multi_head_attention", "multihead", "mha", "selfattention",
             "self_attention"),
    source="Vaswani et al. 2017, Attention is all you need",
    family="dense",
    projects=True,
    steps=True,
    ends=always,
)  # fmt: skip
