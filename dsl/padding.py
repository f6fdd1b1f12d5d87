"""`pad same` and `pad valid` of other frameworks, as the number that they stand for."""

from lenet.dsl.lower.values import Constants
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.registry import Arguments, Layer
from lenet.dsl.shapes import Shape
from lenet.dsl.syntax.tree import Item, Sizes


def is_mode(item: Item, constants: Constants) -> bool:
    """Whether a `pad` is given by such a word."""
    word = item.word if isinstance(item, Sizes) else None
    return word in ("same", "valid") and not constants.knows(word)


def same_size(
    layer: Layer, option: Item, mode: Item, arguments: Arguments, given: Shape | None
) -> Diagnostic:
    """What to write instead; the window and its stride are in `arguments`, where they are right."""
    assert isinstance(mode, Sizes) and mode.word is not None
    if mode.word == "valid":
        return messages.pad_mode(option.span, mode.span, layer.name, mode.word, (0, 0))
    window = arguments["size"][1:] if arguments.get("size") else arguments.get("window")
    if not isinstance(window, tuple):
        return messages.pad_mode(option.span, mode.span, layer.name, mode.word, None)
    stride = arguments.get("stride") or (window if "window" in arguments else (1, 1))
    rooms = given[1:] if given is not None and len(given) == 3 else (None, None)
    pads = [
        _pad(int(size), int(step), room)
        for size, step, room in zip((window[0], window[-1]), (stride[0], stride[-1]), rooms,
                                    strict=True)
    ]  # fmt: skip
    both = (pads[0], pads[1]) if pads[0] is not None and pads[1] is not None else None
    return messages.pad_mode(
        option.span, mode.span, layer.name, mode.word, both, known=True, stride=stride
    )


def _pad(window: int, stride: int, room: int | None) -> int | None:
    """With which there is an output for every stride of the room, the last one included."""
    if window % 2:
        return (window - 1) // 2
    if room is None:
        return None
    wanted = -(-room // stride)
    pad = -(-max(0, (wanted - 1) * stride + window - room) // 2)  # the least with as many outputs
    fits = (room + 2 * pad - window) // stride + 1 == wanted
    return pad if fits and pad <= window // 2 else None
