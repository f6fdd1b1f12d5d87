"""Sequences: what slides along them, and where they end."""

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.messages.phrases import enumerated
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Span

E081 = Code(
    "a sequence is due",
    "Layers such as `last` and `lstm` go along the steps of a sequence, channels x steps.",
    "input 1x8x8\nlast\nlinear 10\n",
)


def needs_sequence(span: Span, layer: str, given: Shape, source: str) -> Diagnostic:
    """A layer of sequences stands behind a map or a vector."""
    what = "a map" if len(given) == 3 else "a vector"
    if len(given) == 3:
        shape = f"{given[0]}x{given[1] * given[2]}"
        fix = f"make each place a step: reshape {shape}"
    else:
        shape = f"1x{given[0]}"
        fix = f"make each value a step: reshape {shape}"
    return Diagnostic(
        "E081",
        span,
        f"`{layer}` needs a sequence, but gets {what}",
        f"{source} gives {show(given)}; a sequence is channels x steps.",
        fix,
        edits=(Edit.line_before(span, f"reshape {shape}"),),
    )


E082 = Code(
    "a `causal` that does not fit",
    "A step of a causal convolution, or of causal attention, sees itself and those before it: the "
    "convolution pads a sequence in front.",
    "input 1x8x8\nconv 4x3x3 causal\nmaxpool all\nlinear 10\n",
)


def causal_on_map(span: Span, given: Shape) -> Diagnostic:
    """`causal` where nothing comes later."""
    return Diagnostic(
        "E082",
        span,
        "`causal` is for sequences, whose steps come one after the other",
        f"The input is a map of {show(given)}.",
        "leave `causal` out",
    )


def causal_and_pad(span: Span) -> Diagnostic:
    """Both say what is added in front."""
    return Diagnostic(
        "E082",
        span,
        "`causal` already says how a sequence is padded",
        "It adds as many zeros in front as the kernel reaches back, and none behind.",
        "leave the padding out",
    )


E088 = Code(
    "heads that do not divide the channels",
    "Each head of `attention` has its part of the channels, and all parts are alike.",
    "input 12x20\nattention 5\nlast\nlinear 10\n",
)


def heads_do_not_divide(span: Span, heads: int, channels: int, source: str) -> Diagnostic:
    """`attention` has a number of heads that does not divide its channels."""
    divisors = [n for n in range(1, channels + 1) if channels % n == 0]
    nearest = min(divisors, key=lambda n: (abs(n - heads), n))
    return Diagnostic(
        "E088",
        span,
        f"{heads} heads do not divide the {channels} channels that {source} gives",
        f"Numbers that divide {channels}: {enumerated([str(n) for n in divisors])}.",
        f"write `attention {nearest}`",
        edits=(Edit.of(span, str(nearest)),),
    )


W012 = Code(
    "padding that is mixed in",
    "A text has fewer words than the input has room for; behind its last word lies padding. "
    "Pools over all steps and layers such as `lstm` leave it out, as long as no layer before them "
    "has mixed it with the words.",
    "input 8 words of 100\nembed 4\nmaxpool 2\nmaxpool all\nlinear 2\n",
)


def padding_mixed_in(span: Span, layer: str, text: str) -> Diagnostic:
    """Behind this layer nobody knows where the text ends."""
    return Diagnostic(
        "W012",
        span,
        f"`{layer}` mixes words with the padding behind short texts",
        f"Of {text}, nothing behind this line knows any more where it ends.",
        "use convolutions without padding, or `causal`; or silence this with # allow W012",
    )
