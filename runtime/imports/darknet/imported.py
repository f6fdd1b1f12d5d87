"""A spec of a net.cfg, and its weights."""

from pathlib import Path

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import Shape
from lenet.runtime.imports.darknet.cfg import Section, read_cfg
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.darknet.sections import read_by
from lenet.runtime.imports.darknet.training import LEFT, training_of
from lenet.runtime.imports.darknet.weights import read_weights
from lenet.runtime.imports.draft import Draft
from lenet.runtime.imports.nested import NotNested
from lenet.runtime.imports.textnet import TextNet
from lenet.runtime.imports.unread import Place, Unread, unread_error
from lenet.runtime.imports.written import written

_CHANNELS = 3
# What sections may say to Darknet that changes nothing here.
_NEUTRAL = ("stopbackward", "dontload", "dontloadscales", "learning_rate_scale", "onlyforward")


def import_darknet(path: Path, weights: Path | None = None, shape: Shape | None = None) -> TextNet:
    """The spec; LenetError, which tells of all sections that cannot be read. `shape` is that of an
    image, in place of the file's."""
    head, *sections = read_cfg(path)
    numbers = read_weights(weights) if weights is not None else None
    try:
        net = Net(Draft.of(_shape(path, head, shape)), numbers)
        training = training_of(head)
    except Unread as why:
        raise unread_error(path, [Place(head.shown, "[net]", str(why))]) from None
    problems = [found for section in sections if (found := _read(net, section)) is not None]
    if problems:
        raise unread_error(path, problems)
    if numbers is not None and numbers.left:
        detail = (
            f"{numbers.left:,} of {len(numbers.values):,} are left when each layer has its own."
        )
        raise LenetError(f"{weights} has more weights than the net of {path}", detail)
    title = f"The net of {clean(path.name[:80])}."
    try:
        text = written(net.draft, net.last, title, training)
    except NotNested as problem:
        raise unread_error(path, problem.places) from None
    return TextNet(text, numbers is not None, *_leftovers(head, sections))


def _shape(path: Path, head: Section, shape: Shape | None) -> Shape:
    found = (head.whole("channels", _CHANNELS), head.whole("height"), head.whole("width"))
    if shape is not None:
        return shape
    if min(found) < 1:
        raise LenetError(f"{path} does not say how large images are", "",
                         "give their shape: --input 3x224x224", "give their shape")  # fmt: skip
    return found


def _read(net: Net, section: Section) -> Place | None:
    """One section; what is wrong with it, if anything. Its value is then the one before."""
    module = read_by(section.kind)
    why = ""
    if module is not None:
        try:
            net.values.append(module.read(section, net))
            return None
        except Unread as problem:
            why = str(problem)
    net.values.append(net.last)
    return Place(section.shown, f"[{section.kind}]", why)


def _leftovers(
    head: Section, sections: list[Section]
) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
    """Lines that Darknet reads over, and lines that are left."""
    left = tuple(own for own in head.ignored() if own[1].split("=")[0] in LEFT)
    head.used.update(LEFT)
    for section in sections:
        section.used.update(_NEUTRAL)
    ignored = [own for section in (head, *sections) for own in section.ignored()]
    return tuple(sorted(ignored)), left
