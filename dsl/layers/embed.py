"""embed: a trained vector for each word or category."""

from lenet.dsl.initial import INITIAL
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.shapes import Shape
from lenet.dsl.weights import INIT, REGULARIZED


def _infer(context: Context) -> Shape:
    assert context.codes is not None
    codes, size = context.codes, int(context.arguments["size"][0])
    context.arguments["of"], context.arguments["set"] = (
        codes.of,
        bool(codes.entry and codes.entry.set),
    )
    many = codes.entry is not None and codes.entry.many
    return (size, *codes.shape) if many else (size,)


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    size = int(arguments["size"][0])
    rows = arguments["of"] + (arguments["with"] == "other")
    initial = arguments["init"]
    if initial is None:  # vectors of a length of about 1
        initial = INITIAL["normal"].use(deviation=size**-0.5)
    return (Parameter("weight", (rows, size), 1, initial, fan_out=size, by_rows=True),)


LAYER = Layer(
    name="embed",
    summary="A trained vector for each word or category: `embed 64` of 60 words is a sequence "
    "64x60, of a category a vector, of a set the mean of its vectors. What training has not seen, "
    "and padding, is the zero vector; `with other` trains one for what it has not seen.",
    example="embed 64",
    arguments=(Argument("size", "the number of values of each vector"),),
    options=(
        Argument(
            "with",
            "`other`: a trained vector of its own for words and categories that are not known",
            "choice",
            words=("other",),
            optional=True,
        ),
        INIT,
        *REGULARIZED,
    ),
    infer=_infer,
    parameters=_parameters,
    aliases=("embedding", "embeddings", "lookuptable", "lookup_table", "embeddingbag"),
    source="Bengio et al. 2003, A neural probabilistic language model",
    family="dense",
    reads_codes=True,
)
