"""The data's images, and the net that takes them."""

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Related
from lenet.dsl.messages.phrases import replacing
from lenet.dsl.shapes import Shape, product, show
from lenet.dsl.syntax.tree import Span

E040 = Code(
    "an input that is not the data's",
    "The data's images have a size of their own, plus the section's `pad`. A net may take them "
    "as a map or, flattened, as a vector.",
    "input 1x28x28\navgpool all\nlinear 10\nlogsoftmax\ndata digits\n",
)


def input_differs(
    span: Span, net: Shape, right: Shape, images: Shape, name: str, data_span: Span,
    pad: tuple[int, int] | None, size: Span | None,
) -> Diagnostic:  # fmt: skip
    """`right` is the input that takes the data's padded `images`. `pad` is what would make the
    net's input of the bare ones, and `size` where it is written, if it can be put right there."""
    write, detail = f"write input {show(right)}", ""
    fix = write
    if len(net) == 1:
        fix = f"{write}: all values of an image in one vector"
    elif net[0] != images[0] == net[2]:
        fix = f"{write}: channels come first"
    elif net[0] != images[0]:
        detail = f"{name} is grey: it has one channel."
        if images[0] != 1:
            detail = f"{name} has {images[0]} channels: it is in colour."
    elif pad == (0, 0):
        fix = f"remove the `pad` below `data {name}`; or {write}"
    elif pad is not None:
        wide = str(pad[0]) if pad[0] == pad[1] else show(pad)
        fix = f"{write}; or keep it, and write `pad {wide}` below `data {name}`"
    return Diagnostic(
        "E040",
        span,
        f"the net's input is {show(net)}, but {name} has images of {show(images)}",
        detail,
        fix,
        (Related(data_span, "the data are chosen here"),),
        replacing(size, show(right)) if size is not None else (),
    )


def pad_needs_map(span: Span, first: Span, given: Shape) -> Diagnostic:
    """The data have a `pad`, and the net takes a vector."""
    return Diagnostic(
        "E040",
        span,
        f"`pad` puts rows and columns around images, but the net's input is {show(given)}",
        "A vector has none.",
        "begin with a map, channels x height x width, and make a vector of it with `flatten`",
        (Related(first, "the input"),),
    )


def resize_differs(span: Span, resize: Shape, bare: Shape, first: Span) -> Diagnostic:
    """`bare` is the net's input without the data's `pad`."""
    if len(bare) == 3:
        detail = f"The net takes pictures of {show(bare[1:])}"
        fix = f"write resize {show(bare[1:])}, or another input"
    else:
        pixels = product(resize)
        detail = f"The net takes {bare[0]} values; {show(resize)} are {pixels}, or {3 * pixels} of"
        detail += " red, green and blue"
        fix = f"write input 1x{show(resize)}, or input 3x{show(resize)} for colours"
    return Diagnostic(
        "E040",
        span,
        f"pictures of {show(resize)} do not fit the net's input",
        f"{detail}.",
        fix,
        (Related(first, "the input"),),
    )


def normalize_differs(span: Span, numbers: int, channels: int, first: Span) -> Diagnostic:
    """`normalize` has other numbers than one for all channels or one for each."""
    plural = "1 channel" if channels == 1 else f"{channels} channels"
    return Diagnostic(
        "E040",
        span,
        f"`normalize` has {numbers} means, and the images have {plural}",
        "A vector counts as one channel.",
        "write one mean and one deviation for all"
        + (f", or {channels} of each" if channels > 1 else ""),
        (Related(first, "the input"),),
    )


E042 = Code(
    "a crop that is not the net's input",
    "`augment` cuts a window out of each padded image, and the net sees this window.",
    "input 1x8x8\navgpool all\nlinear 10\nlogsoftmax\ndata digits\naugment\n  crop 7x7 pad 1\n",
)


def crop_differs(span: Span, crop: Shape, given: Shape) -> Diagnostic:
    """The window of `augment`'s `crop` has another size than the net's input."""
    return Diagnostic(
        "E042",
        span,
        f"a crop of {show(crop)} does not fit the net's input of {show(given)}",
        "What is cut out of the padded image is what the net sees.",
        f"write crop {show(given[1:])}, or another input" if len(given) == 3 else
        "give the net a map as its input: channels x height x width",
    )  # fmt: skip


E049 = Code(
    "colours are to be changed, and there are none",
    "Colours are red, green and blue: images of three channels. Other images have light and dark, "
    "which augmentations of values change.",
    "input 1x8x8\nflatten\nlinear 10\nlogsoftmax\ndata digits\naugment\n  hue 0.1\n",
)


def no_colours(span: Span, word: str, images: Shape) -> Diagnostic:
    """A line of `augment` changes colours, and the images, of this shape, have none."""
    channels = "one channel" if images[0] == 1 else f"{images[0]} channels"
    return Diagnostic(
        "E049",
        span,
        f"`{word}` changes colours, and these images have none",
        f"They are {show(images)}: {channels}; red, green and blue are three.",
        "remove this line; `brightness` and `contrast` change grey images as well",
    )


E058 = Code(
    "images are to be mixed, and a batch has one",
    "An image is mixed with another one of its batch, whose answer it takes over in part.",
    "input 1x8x8\nflatten\nlinear 10\nlogsoftmax\ndata digits\naugment\n  mixup 0.2\ntrain\n"
    "  rate 0.1\n  batch 1\n",
)


def no_partner(span: Span, word: str) -> Diagnostic:
    """A line of `augment` mixes images of a batch, which has a single one."""
    return Diagnostic(
        "E058",
        span,
        f"with `batch 1`, `{word}` has no other image to mix one with",
        "Images are mixed with others of the same batch.",
        "write a larger batch, such as `batch 32`, or remove this line",
    )
