"""The language server: what an editor shows of a .lenet file while it is written."""

import os
import signal
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from lenet import __version__
from lenet.dsl.check import Checked, check
from lenet.dsl.messages.clean import clean, clean_lines
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, path_of, read_source
from lenet.dsl.syntax.format import format_text
from lenet.dsl.syntax.tree import Span
from lenet.editor.editing import completions, definition_of, explain_at

server = LanguageServer("lenet", __version__)


def path_to(uri: str) -> Path:
    """The file that an editor's address means."""
    return Path(unquote(urlparse(uri).path))


@lru_cache(maxsize=64)
def _check_text(text: str, uri: str, others: tuple[tuple[str, int | None], ...]) -> Checked:
    """`others` are the versions of the other open files, which this one may import."""

    def read(name: str) -> str:
        path = Path(os.path.normpath(path_to(uri).parent / name))
        opened = server.workspace.text_documents.get(path.as_uri())
        return opened.source if opened is not None else read_source(path)

    return check(text, read=read if uri.startswith("file:") else None).as_definitions()


def checked(document: TextDocument) -> Checked:
    """What the checker says of a document as it is in the editor."""
    others: tuple[tuple[str, int | None], ...] = ()
    if "import" in document.source:
        documents = server.workspace.text_documents.values()
        others = tuple(sorted((d.uri, d.version) for d in documents if d.uri != document.uri))
    return _check_text(document.source, document.uri, others)


def _range(document: TextDocument, span: Span) -> types.Range:
    line = span.line - 1
    return _client_range(document, (line, span.column - 1), (line, span.end_column - 1), span.file)


def _client_range(
    document: TextDocument, start: tuple[int, int], end: tuple[int, int], file: str = ""
) -> types.Range:
    """Lines and columns from 0, as the client counts characters."""
    places = types.Range(types.Position(*start), types.Position(*end))
    if file:
        return places
    converted: Any = document.range_to_client_units(places)  # type: ignore[arg-type]
    return types.Range(converted.start, converted.end)


def _uri_of(document: TextDocument, span: Span) -> str:
    if not span.file:
        return document.uri
    return Path(path_of(str(path_to(document.uri)), span.file)).as_uri()


def _shown(document: TextDocument, diagnostic: Diagnostic) -> types.Diagnostic:
    parts = [diagnostic.title, diagnostic.detail, diagnostic.fix and f"fix: {diagnostic.fix}"]
    severity = types.DiagnosticSeverity.Warning
    if diagnostic.severity == "error":
        severity = types.DiagnosticSeverity.Error
    span = diagnostic.span
    if span.file:  # a mistake of an imported file, shown where there is a place for it
        parts[0] = f"{span.file}:{span.line}: {parts[0]}"
        span = Span(1, 1, 1)
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(_uri_of(document, r.span), _range(document, r.span)), clean(r.label)
        )
        for r in diagnostic.related
    ]
    return types.Diagnostic(
        _range(document, span), clean_lines("\n".join(part for part in parts if part)), severity,
        diagnostic.code, source="lenet", related_information=related,
    )  # fmt: skip


def _publish(uri: str) -> None:
    document = server.workspace.get_text_document(uri)
    found = [_shown(document, d) for d in checked(document).diagnostics]
    server.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(uri, found, document.version)
    )


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(_: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    """Say what is wrong with a document."""
    _publish(params.text_document.uri)
    _publish_importing(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(_: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
    """Say it again."""
    _publish(params.text_document.uri)
    _publish_importing(params.text_document.uri)


def _publish_importing(changed: str) -> None:
    """What the files have now that may import the one that has changed."""
    for uri, document in server.workspace.text_documents.items():
        if uri != changed and "import" in document.source:
            _publish(uri)


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(_: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
    """Take it back."""
    uri = params.text_document.uri
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
    _publish_importing(uri)


def _place(uri: str, position: types.Position) -> tuple[TextDocument, int, int]:
    """The document, and the line and column of a position, counted from 1."""
    document = server.workspace.get_text_document(uri)
    place = document.position_from_client_units(position)
    return document, place.line + 1, place.character + 1


@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(_: LanguageServer, params: types.HoverParams) -> types.Hover | None:
    """What the word at a place means."""
    document, line, column = _place(params.text_document.uri, params.position)
    text = explain_at(checked(document), line, column)
    if text is None:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, clean_lines(text)))


@server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[" "]))
def complete(_: LanguageServer, params: types.CompletionParams) -> types.CompletionList:
    """What may stand at a place."""
    document, line, column = _place(params.text_document.uri, params.position)
    kinds = {
        "layer": types.CompletionItemKind.Function,
        "block": types.CompletionItemKind.Class,
        "option": types.CompletionItemKind.Property,
        "key": types.CompletionItemKind.Property,
        "value": types.CompletionItemKind.EnumMember,
        "constant": types.CompletionItemKind.Constant,
    }
    items = [
        types.CompletionItem(word, kind=kinds.get(kind, types.CompletionItemKind.Keyword),
                             detail=detail)
        for word, kind, detail in completions(checked(document), document.source, line, column)
    ]  # fmt: skip
    return types.CompletionList(is_incomplete=False, items=items)


@server.feature(types.TEXT_DOCUMENT_DEFINITION)
def definition(_: LanguageServer, params: types.DefinitionParams) -> types.Location | None:
    """Where the name at a place is defined."""
    document, line, column = _place(params.text_document.uri, params.position)
    span = definition_of(checked(document), line, column)
    if span is None:
        return None
    return types.Location(_uri_of(document, span), _range(document, span))


@server.feature(types.TEXT_DOCUMENT_FORMATTING)
def formatting(_: LanguageServer, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    """The document in canonical layout."""
    document = server.workspace.get_text_document(params.text_document.uri)
    text = format_text(document.source)
    if text == document.source:
        return []
    end = types.Position(len(document.lines) + 1, 0)
    return [types.TextEdit(types.Range(types.Position(0, 0), end), text)]


@server.feature(
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
)
def code_action(_: LanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The mechanical fixes of the mistakes in the range."""
    document = server.workspace.get_text_document(params.text_document.uri)
    first, last = params.range.start.line + 1, params.range.end.line + 1
    actions = []
    for diagnostic in checked(document).diagnostics:
        own = [e for e in diagnostic.edits if not e.file]
        if not own or diagnostic.span.file or not first <= diagnostic.span.line <= last:
            continue
        edits = [_text_edit(document, edit) for edit in own]
        actions.append(
            types.CodeAction(
                clean(diagnostic.fix or diagnostic.title), types.CodeActionKind.QuickFix,
                [_shown(document, diagnostic)], is_preferred=True,
                edit=types.WorkspaceEdit({document.uri: edits}),
            )
        )  # fmt: skip
    return actions


def _text_edit(document: TextDocument, edit: Edit) -> types.TextEdit:
    start, end = (edit.line - 1, edit.column - 1), (edit.end_line - 1, edit.end_column - 1)
    return types.TextEdit(_client_range(document, start, end), edit.text)


def serve() -> None:
    """Speak with an editor over standard input and output, until it hangs up."""
    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    # A handler would run when the main thread, which may have begun to wait for the editor, goes
    # on; and the thread that reads would be waited for. Nothing is to be saved.
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    threading.Thread(target=_end_by, args=(numbers,), daemon=True).start()
    server.start_io()


def _end_by(numbers: list[signal.Signals]) -> None:
    """The process, by the first of these signals that comes; all threads have them blocked."""
    os._exit(128 + signal.sigwait(numbers))
