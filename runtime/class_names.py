"""Which class is meant, by its name or its number."""

from collections.abc import Sequence
from dataclasses import replace

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.messages.diagnostics import closest
from lenet.dsl.metrics import METRICS, named
from lenet.dsl.vocabulary import Use

_LISTED = 10  # classes, in a message


def with_number(use: Use, names: Sequence[str]) -> Use:
    """A metric's use with the number of the class that it names, if it does; LenetError where there
    is no such class. Numbers are those of the labels: where the names are no numbers, they count
    from 0."""
    found = dict(use.values)
    for option in METRICS[use.name].values:
        value = found[option.name]
        if option.kind != "class" or value == option.default:
            continue
        if str(value) in names:
            found[option.name] = names.index(str(value))
        elif isinstance(value, str) or value >= len(names) or all(map(str.isdecimal, names)):
            raise _unknown(named(use), str(value), names)
    return replace(use, values=tuple(found.items()))


def _unknown(metric: str, name: str, names: Sequence[str]) -> LenetError:
    known = ", ".join(map(clean, names[:_LISTED])) + (", …" if len(names) > _LISTED else "")
    suggestion = closest(name, names)
    fix = f'did you mean "{clean(suggestion)}"?' if suggestion else "name one of these"
    title = f"there is no class {clean(name)}, of which `{clean(metric)}` should tell"
    return LenetError(title, f"The {len(names):,} classes are {known}.", fix)
