"""Words that stand in lines and are no layer, line or dataset themselves, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lenet.dsl.sections import SECTIONS
from lenet.dsl.words import KINDS


@dataclass(frozen=True)
class Term:
    """`keys` are the lines of sections in which the word may stand."""

    meaning: str
    keys: tuple[str, ...] = ()


_TERMS = {
    # Of layers.
    "all": Term("a window as large as its map, as in `avgpool all`"),
    "up": Term("a pooling's last window may reach beyond the border: `round up`"),
    "down": Term("all windows of a pooling lie within the border: `round down`"),
    "nearest": Term("each value several times, as `upsample` gives it"),
    "bilinear": Term("mixtures of the four values around, as in `upsample 2 bilinear`"),
    "same": Term("as much `pad` as gives an output for each stride, the last one included: with "
                 "stride 1, maps keep their size"),
    "yes": Term("the layer has a bias"),
    "no": Term("the layer has no bias, as before a `batchnorm`, which would subtract it"),
    "auto": Term("the compiler chooses the algorithm that it expects to be faster"),
    "direct": Term("a convolution computed as the sums that define it"),
    "winograd": Term("a convolution by Winograd's transforms: fewer multiplications, for 3x3 and "
                     "5x5 kernels with stride 1"),
    "trained": Term("codes of `rbf` that are learnt"),
    "ascii7x12": Term("codes of `rbf` that are bitmaps of the ten digits, 7 pixels wide and 12 "
                      "high"),
    "waves": Term("the places of steps as sines and cosines, which are not trained: `position "
                  "waves`"),
    "other": Term("a vector for words and categories that training has not seen: `embed 64 with "
                  "other`"),
    # Of every line, and around the language.
    "as": Term("gives a layer, block or repeat its name, as in `conv 6x5x5 as conv1`"),
    "x": Term("joins sizes: 6x5x5, or with names `width x 3 x 3`"),
    "allow": Term("in a comment, silences a warning on its line: `# allow W001`"),
    "digest": Term("the SHA-256 of the trained weights: two runs with the same digest have the "
                   "same weights, bit for bit"),
    "engine": Term("where a net is trained: `lenet train --engine spark` or `--engine local`, with "
                   "the same weights"),
}  # fmt: skip


@cache
def glossary() -> Mapping[str, tuple[Term, ...]]:
    """All meanings of each word: those of the registries, then those above."""
    found: dict[str, list[Term]] = {}
    for kind in KINDS:
        for entry in kind.words.values() if kind.keys else ():
            found.setdefault(entry.name, []).append(Term(entry.meaning, kind.keys))
        users: dict[tuple[str, str], list[str]] = {}
        for entry in kind.words.values() if kind.keys else ():
            for name, meaning in entry.all_terms.items():
                users.setdefault((name, meaning), []).append(entry.name)
        for (name, meaning), names in users.items():
            found.setdefault(name, []).append(Term(f"of {', '.join(names)}: {meaning}", kind.keys))
    lines: dict[tuple[str, str], list[str]] = {}
    for section in SECTIONS.values():
        for name, meaning in section.terms.items():
            lines.setdefault((name, meaning), []).append(section.name)
        for line in section.lines.values():
            for name, meaning in line.terms.items():
                lines.setdefault((name, meaning), []).append(line.name)
    for (name, meaning), keys in lines.items():
        found.setdefault(name, []).append(Term(meaning, tuple(keys)))
    for name, term in _TERMS.items():
        found.setdefault(name, []).append(term)
    return {name: tuple(terms) for name, terms in found.items()}
