"""The section `augment`: how training images are changed at random, anew in each epoch."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from lenet.dsl.augmentations import AUGMENTATIONS, Augmentation
from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Constants
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.sections import Section, SectionLine, bare_head, by_name, read_lines
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.vocabulary import Use


@dataclass(frozen=True)
class Augment:
    """What happens to an image, in the order of the lines, and where these are, if in a file."""

    uses: tuple[Use, ...] = ()
    spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)

    @property
    def size(self) -> tuple[int, int] | None:
        """Rows and columns of the images that come of it, where a line says so."""
        for use in self.uses:
            name = AUGMENTATIONS[use.name].resizes
            if name and any(use[name]):
                rows, columns = use[name]
                return rows, columns
        return None

    @property
    def size_span(self) -> Span:
        """Where that is."""
        return next(
            span
            for use, span in zip(self.uses, self.spans, strict=True)
            if AUGMENTATIONS[use.name].resizes
        )

    @property
    def windows(self) -> Use | None:
        """The line that cuts windows of any size, if there is one."""
        for use in self.uses:
            name = AUGMENTATIONS[use.name].windows
            if name and any(use[name]):
                return use
        return None

    def without(self, use: Use) -> "Augment":
        """All other lines."""
        kept = [k for k, own in enumerate(self.uses) if own is not use]
        spans = tuple(self.spans[k] for k in kept) if self.spans else ()
        return Augment(tuple(self.uses[k] for k in kept), spans)

    @property
    def moves(self) -> bool:
        """Whether what is in images moves."""
        return any(AUGMENTATIONS[use.name].moves for use in self.uses)

    @property
    def mixes(self) -> bool:
        """Whether images are mixed with each other, and what they are to be answered with."""
        return any(AUGMENTATIONS[use.name].stage == "mix" for use in self.uses)

    @property
    def facts(self) -> dict[str, Any]:
        """What decides about the images. Only for what changes their values, the order does."""
        found: dict[str, Any] = {}
        for use in self.uses:
            found.update(AUGMENTATIONS[use.name].facts(use))
        stages = "paint", "choice"
        painted = [use.name for use in self.uses if AUGMENTATIONS[use.name].stage in stages]
        return {**found, "order": painted} if len(painted) > 1 else found


def _reading(entry: Augmentation) -> Callable[[Reader, Augment], Augment]:
    def read(reader: Reader, augment: Augment) -> Augment:
        use, span = reader.use(entry), reader.line.span
        return replace(augment, uses=(*augment.uses, use), spans=(*augment.spans, span))

    return read


def _line_of(entry: Augmentation) -> SectionLine:
    return SectionLine(
        name=entry.name,
        summary=entry.summary,
        example=entry.example,
        aliases=entry.aliases,
        terms=entry.all_terms,
        read=_reading(entry),
        repeatable=entry.repeatable,
    )


def read_augment(line: Line, constants: Constants) -> tuple[Augment, list[Diagnostic]]:
    """The section and all mistakes in it."""
    problems = bare_head(line, SECTION)
    return read_lines(line, SECTION, SECTION.blank, constants, problems), problems


SECTION = Section(
    name="augment",
    summary="how training images are changed at random, anew in each epoch",
    example="augment",
    lines=by_name(tuple(map(_line_of, AUGMENTATIONS.values()))),
    blank=Augment(),
    read=read_augment,
)
