"""The section `search`: which settings of the file are tried, and how the best are found."""

from dataclasses import dataclass, field, replace

from lenet.dsl.early import EARLY, NEVER, usual_early
from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.samplers import SAMPLERS, usual_sampler
from lenet.dsl.search.space import TERMS, Space, read_space
from lenet.dsl.sections import Section, SectionLine, bare_head, by_name, read_lines
from lenet.dsl.syntax.tree import Line, Sizes, Span
from lenet.dsl.training.stop import SECONDS, read_number
from lenet.dsl.vocabulary import Use

_USUAL_TRIALS = 20
_MOST = 100_000


@dataclass(frozen=True)
class Search:
    """The `spaces`, and what ends the search: so many `trials` or `seconds`, where these are not 0.
    Trials are compared by the metric `best`, or by that which the training is judged by; `together`
    are chosen at once. The `sampler` chooses, and `early` ends those that lag behind, if any."""

    spaces: tuple[Space, ...] = ()
    trials: int = 0
    seconds: float = 0.0
    best: Use | None = None
    sampler: Use = field(default_factory=usual_sampler)
    early: Use | None = field(default_factory=usual_early)
    together: int = 4
    best_span: Span | None = field(default=None, compare=False, repr=False)
    sampler_span: Span | None = field(default=None, compare=False, repr=False)
    span: Span = field(default=Span(1, 1, 1), compare=False, repr=False)

    @property
    def most(self) -> int:
        """How many trials there are at most: those of the file, or as many as its minutes, or all
        that there are, allow."""
        endless = self.seconds > 0 or SAMPLERS[self.sampler.name].exhaustive
        return self.trials or (_MOST if endless else _USUAL_TRIALS)


def _trials(reader: Reader, search: Search) -> Search:
    return replace(search, trials=int(reader.size("the number of trials", 1, _MOST)))


def _minutes(reader: Reader, search: Search) -> Search:
    return replace(search, seconds=reader.real("the time", 1e-6) * SECONDS[reader.key])


def _best(reader: Reader, search: Search) -> Search:
    metric, span = read_number(reader, "best")
    return replace(search, best=metric, best_span=span)


def _sampler(reader: Reader, search: Search) -> Search:
    span = reader.line.span
    use = reader.use(reader.entry("sampler", SAMPLERS))
    return replace(search, sampler=use, sampler_span=span)


def _early(reader: Reader, search: Search) -> Search:
    if reader.accept(NEVER):
        return replace(search, early=None)
    return replace(search, early=reader.use(reader.entry("early stop", EARLY, (NEVER,))))


def _together(reader: Reader, search: Search) -> Search:
    return replace(search, together=int(reader.size("the trials of a round", 1, 1000)))


_LINES = (
    SectionLine(
        name="trials",
        summary="how many settings are tried, beside those of the file; without this line and "
        f"`minutes`, {_USUAL_TRIALS}",
        example="trials 30",
        aliases=("n_trials", "max_trials", "num_samples"),
        read=_trials,
    ),
    SectionLine(
        name="minutes",
        summary="no round of trials begins after so many minutes, also of those before a search "
        "went on; how many there are then depends on the machine",
        example="minutes 10",
        aliases=("timeout",),
        read=_minutes,
    ),
    SectionLine(
        name="best",
        summary="the metric of the held-out images by which trials are compared; without this "
        "line, that of `keep`, or the first of `validate`",
        example="best top1",
        aliases=("objective", "metric", "goal"),
        read=_best,
    ),
    SectionLine(
        name="sampler",
        summary="how settings are chosen; without this line, by tpe",
        example="sampler tpe",
        aliases=("algorithm", "tuner", "search_alg"),
        words=SAMPLERS,
        read=_sampler,
    ),
    SectionLine(
        name="early",
        summary="which trials are ended before their time, since they lag behind; without this "
        "line, by halving",
        example="early halving",
        aliases=("pruner", "scheduler"),
        terms={NEVER: "all trials go on to their end, as in `early never`"},
        words=EARLY,
        read=_early,
    ),
    SectionLine(
        name="together",
        summary="trials that are chosen at once, a round, and so can run beside each other; the "
        "next ones learn from all of them. Without this line, 4",
        example="together 4",
        aliases=("parallel", "workers", "max_concurrent"),
        read=_together,
    ),
)


def read_search(line: Line, constants: Constants) -> tuple[Search, list[Diagnostic]]:
    """The section and all mistakes in it, but for what its spaces name: dsl/search/places.py."""
    problems = bare_head(line, SECTION)
    bodies = [s for s in line.body if isinstance(s, Line)]
    spaces = [s for s in bodies if _is_space(s)]
    rest = tuple(s for s in line.body if s not in spaces)
    search: Search = read_lines(
        replace(line, body=rest), SECTION, Search(span=line.keyword.span), constants, problems
    )
    found: dict[tuple[str, ...], Space] = {}
    for statement in spaces:
        try:
            if statement.body:
                place, key = statement.body[0].span, statement.keyword
                problems.append(messages.body_not_allowed(place, key.text, key.span))
            space = read_space(statement, constants)
            if space.words in found:
                first = found[space.words].span
                raise Refused(messages.key_twice(space.span, space.title, first))
            found[space.words] = space
        except Refused as refused:
            problems.append(refused.diagnostic)
    if not spaces and not problems:
        problems.append(messages.nothing_to_search(line.keyword.span))
    return replace(search, spaces=tuple(found.values())), problems


def _is_space(line: Line) -> bool:
    """Whether it names a place: it is no line of the section, nor meant for one."""
    key, words = line.keyword.text, {item.word for item in line.items if isinstance(item, Sizes)}
    if not key or key in SECTION.lines:
        return False
    meant = key.lower() in SECTION.aliases_of_lines or closest(key, SECTION.lines) is not None
    return not meant or bool(words & set(TERMS))


SECTION = Section(
    name="search",
    summary="which settings `lenet search` tries; each of its other lines names a place of the "
    "file and what is tried there: `rate log 0.001 to 1`, `width in 8 16 32`, `batch 16 to 256`; "
    "places are a `let`, a line of a section or a word behind it (`optimizer`, `optimizer "
    "momentum`), or layers by their name or their kind (`conv1`, `dropout`, `conv1 stride`)",
    example="search",
    lines=by_name(_LINES),
    terms=TERMS,
    blank=Search(),
    read=read_search,
    open=True,
)
