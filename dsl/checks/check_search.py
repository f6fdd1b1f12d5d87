"""Whether the section `search` names what is there, and tries what can be tried."""

from dataclasses import replace

from lenet.dsl.answers import Answers
from lenet.dsl.checks.check_metrics import check_metrics
from lenet.dsl.checks.check_whole import Sections
from lenet.dsl.datasets import DATASETS
from lenet.dsl.lower.bind import bind
from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.registry import layers, suggest_layer
from lenet.dsl.samplers import SAMPLERS
from lenet.dsl.search.places import File, Place, Target, target_of
from lenet.dsl.search.space import Choice, Space
from lenet.dsl.search.variants import edits_for
from lenet.dsl.sections import SECTIONS
from lenet.dsl.sections.search import Search
from lenet.dsl.syntax.fix import apply_edits
from lenet.dsl.syntax.parse import parse
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.training.answered import answers_of

_MOST_TRIED = 20  # settings of a line that are looked at, for each of its places


def check_search(file: File, sections: Sections, search: Search) -> None:
    """Report what cannot be searched. A net that is not whole lacks names: it is mended first."""
    report = file.lowered.report
    train, data = sections.train, sections.data
    if train is None:
        report(messages.search_without_train(search.span))
    if data is not None and not data.validates and not DATASETS[data.kind].given:
        report(messages.nothing_held_out(search.span, data.span))
    if file.lowered.incomplete or file.lowered.shape is None:
        return
    taken: dict[Span, Span] = {}
    for space in search.spaces:
        try:
            target = target_of(space, file)
            for span in target.spans:
                if span in taken:
                    raise Refused(messages.same_place(space.span, space.title, taken[span]))
                taken[span] = space.span
            _check_end(search, target)
            for choice in target.space.tried[:_MOST_TRIED]:
                edits_for(target, choice)
                for place in target.places:
                    _check_choice(file, sections, place, choice)
        except Refused as refused:
            report(refused.diagnostic)
    if search.best is not None and search.best_span is not None and train is not None:
        answers: Answers = answers_of(train.loss, data, file.lowered.nodes[-1].shape)
        places = ((search.best, search.best_span),)
        asked = replace(train, metric_places=places, keep=search.best, stop_when=())
        check_metrics(file.lowered, asked, answers)


def _check_end(search: Search, target: Target) -> None:
    """Whether the sampler comes to an end with a space, if it has to."""
    space, sampler = target.space, search.sampler.name
    endless = not (space.choices or space.whole or space.steps)
    if SAMPLERS[sampler].exhaustive and endless:
        raise Refused(messages.endless_grid(space.span, space.title, sampler))


def _check_choice(file: File, sections: Sections, place: Place, choice: Choice) -> None:
    """Refused, at the setting, where its line could not be read with it. What only the whole net
    can show is left to the trial."""
    line = place.line
    if line is None or place.block:
        return
    whole = file.tree.text.split("\n")[line.span.line - 1]
    edits = [
        replace(edit, line=1, end_line=1)
        for edit in edits_for(Target(Space((place.written,)), (place,)), choice)
    ]
    text = apply_edits(whole, [edits])
    tree, problems = parse(text.strip())
    if not problems and tree.statements and isinstance(tree.statements[0], Line):
        problems = _problems(file, sections, place, tree.statements[0])
    if problems:
        raise Refused(_at(choice, problems[0]))


def _problems(file: File, sections: Sections, place: Place, line: Line) -> list[Diagnostic]:
    word, constants = line.keyword.text, file.constants
    if place.section:
        entry = SECTIONS[place.section].lines[word]
        data = sections.data
        state = data if place.section == "data" and data else SECTIONS[place.section].blank
        try:
            reader = Reader(line, entry.example, constants)
            entry.read(reader, state)
            reader.end()
        except Refused as refused:
            return [refused.diagnostic]
        return []
    if word in file.definitions.blocks:
        return []
    if word not in layers():
        known = (*layers(), *file.definitions.blocks)
        suggestion = suggest_layer(word, file.definitions.blocks)
        return [messages.unknown_layer(line.keyword.span, word, suggestion, "", known, None)]
    return bind(line, layers()[word], constants, file.definitions.tables)[2]


def _at(choice: Choice, problem: Diagnostic) -> Diagnostic:
    """A mistake of a line that is only tried, at the setting that makes it."""
    edits = tuple(Edit.of(choice.span, edit.text) for edit in problem.edits)
    edits = edits if len(edits) == 1 and not choice.quoted else ()
    return replace(problem, span=choice.span, related=(), edits=edits)
