"""The language server, spoken to by a real client over standard input and output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from lsprotocol import types
from pygls.lsp.client import BaseLanguageClient

T = TypeVar("T")
SPEC = """block basic(width)
  conv width x 3 x 3 pad 1
  relu

let wide = 8
input 1x8x8
basic wide
reshape wide*8*8
linear 10           as score
logsoftmax
data digits
"""


class Client(BaseLanguageClient):
    """Keeps the diagnostics that the server publishes."""

    def __init__(self) -> None:
        super().__init__("test", "1")
        self.found: dict[str, list[types.Diagnostic]] = {}
        self.news = asyncio.Event()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.found[params.uri] = list(params.diagnostics)
            self.news.set()

    async def published(self) -> None:
        await asyncio.wait_for(self.news.wait(), 20)
        self.news.clear()

    async def open(self, uri: str, text: str) -> list[types.Diagnostic]:
        document = types.TextDocumentItem(uri, "lenet", 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(document))
        await self.published()
        return self.found[uri]

    async def change(self, uri: str, version: int, text: str) -> list[types.Diagnostic]:
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        await self.published()
        return self.found[uri]


def talk(dialogue: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        client = Client()
        await client.start_io(sys.executable, "-c", "from lenet.cli import main; main()", "lsp")
        await client.initialize_async(
            types.InitializeParams(capabilities=types.ClientCapabilities())
        )
        client.initialized(types.InitializedParams())
        try:
            return await asyncio.wait_for(dialogue(client), 50)
        finally:
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()

    return asyncio.run(run())


def at(text: str, word: str, number: int = 0) -> types.Position:
    """The place of the number-th occurrence of a word."""
    start = -1
    for _ in range(number + 1):
        start = text.index(word, start + 1)
    line = text.count("\n", 0, start)
    return types.Position(line, start - (text.rfind("\n", 0, start) + 1))


def document(uri: str) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(uri)


def test_a_day_with_an_editor(tmp_path: Path) -> None:
    uri = (tmp_path / "net.lenet").as_uri()
    wrong = SPEC.replace("linear", "dense").replace("basic wide", "basic wid")

    async def dialogue(client: Client) -> None:
        found = await client.open(uri, wrong)
        assert [d.code for d in found] == ["E014", "E010"]
        assert found[0].range.start == at(wrong, "wid\n")
        assert "did you mean `wide`?" in found[0].message

        line = found[1].range
        actions = await client.text_document_code_action_async(
            types.CodeActionParams(document(uri), line, types.CodeActionContext([]))
        )
        assert actions is not None
        (action,) = actions
        assert isinstance(action, types.CodeAction) and action.edit is not None
        (edit,) = action.edit.changes[uri]
        assert edit.new_text == "linear" and edit.range == line

        assert await client.change(uri, 2, SPEC) == []

        async def hover(word: str, number: int = 0) -> str:
            place = at(SPEC, word, number)
            answer = await client.text_document_hover_async(types.HoverParams(document(uri), place))
            assert answer is not None and isinstance(answer.contents, types.MarkupContent)
            return answer.contents.value

        assert "512 -> 10, 5,130 parameters" in await hover("linear")
        assert "-> 8x8x8, 80 parameters" in await hover("basic", 1)
        assert await hover("wide", 1) == "`wide` = 8"
        assert "step between windows" in await hover("conv")
        trained = SPEC + "train\n  rate 0.1 cosine\n"
        await client.change(uri, 3, trained)
        answer = await client.text_document_hover_async(
            types.HoverParams(document(uri), at(trained, "cosine"))
        )
        assert answer is not None and "half a cosine" in answer.contents.value

        for word, number, target in (("basic", 1, ("basic", 0)), ("wide", 1, ("wide", 0)),
                                     ("width", 1, ("width", 0))):  # fmt: skip
            places = await client.text_document_definition_async(
                types.DefinitionParams(document(uri), at(SPEC, word, number))
            )
            assert isinstance(places, types.Location)
            assert places.range.start == at(SPEC, *target)

        messy = SPEC.replace("linear 10           as", "linear   10 as")
        await client.change(uri, 4, messy)
        edits = await client.text_document_formatting_async(
            types.DocumentFormattingParams(document(uri), types.FormattingOptions(2, True))
        )
        assert edits is not None and "linear 10           as score" in edits[0].new_text

    talk(dialogue)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input 1x8x8\nco", {"conv", "maxpool", "repeat", "data"}),
        ("input 1x8x8\nconv 8x3x3 st", {"stride", "pad", "bias"}),
        ("input 1x8x8\nconv 8x3x3 bias ", {"yes", "no"}),
        ("input 1x8x8\ntrain\n  ", {"rate", "batch", "stop"}),
        ("input 1x8x8\ntrain\n  optimizer ", {"sgd", "adam"}),
        ("input 1x8x8\ntrain\n  rate 0.1 ", {"cosine", "warmup", "decay", "epochs"}),
        ("input 1x8x8\ntrain\n  stop ", {"after", "when", "top1", "stalls", "epochs"}),
        ("input 1x8x8\naugment\n  flip ", {"horizontal", "vertical"}),
        ("input 1x8x8\ndata ", {"mnist", "cifar10"}),
        ("block sq(n)\n  linear ", {"n", "bias"}),
        ("block sq(n)\n  tanh\ninput 8\ns", {"sq", "softmax"}),
        ("input 8\nadd\n  ", {"path"}),
        ("input 60 ", {"words", "pairs", "pieces"}),
        ("table t\n  X\ninput 1x8x8\nconv 1x3x3 connect ", {"t"}),
    ],
)
def test_completion(text: str, expected: set[str]) -> None:
    from lenet.dsl.check import check
    from lenet.editor.editing import completions

    lines = text.split("\n")
    words = {word for word, _, _ in completions(check(text), text, len(lines), len(lines[-1]) + 1)}
    assert expected <= words


def test_mistakes_of_imported_files_and_their_definitions(tmp_path: Path) -> None:
    (tmp_path / "blocks.lenet").write_text("block squash\n  tanh\n")
    uri = (tmp_path / "net.lenet").as_uri()
    other = (tmp_path / "blocks.lenet").as_uri()
    text = 'import "blocks.lenet"\ninput 8\nsquash\n'

    async def dialogue(client: Client) -> None:
        assert await client.open(other, "block squash\n  tanh\n") == [], "it needs no net"
        assert await client.open(uri, text) == []
        places = await client.text_document_definition_async(
            types.DefinitionParams(document(uri), at(text, "squash"))
        )
        assert isinstance(places, types.Location)
        assert places.uri == other and places.range.start == types.Position(0, 6)
        # What is open in the editor counts, not what is saved.
        assert await client.change(other, 2, "block squash\n  tanhh\n") != []
        found = await client.change(uri, 2, text + "relu\n")
        assert [d.code for d in found] == ["E010"]
        assert "blocks.lenet:2" in found[0].message

    talk(dialogue)


def test_positions_are_counted_as_the_client_does(tmp_path: Path) -> None:
    """In UTF-16, a letter outside of the basic plane takes two units."""
    uri = (tmp_path / "net.lenet").as_uri()
    text = 'input 8\nlinear 2\ndata idx "𝔁𝔂" foo\n'

    async def dialogue(client: Client) -> None:
        (found,) = await client.open(uri, text)
        assert found.range.start == types.Position(2, len('data idx "" ') + 4)

    talk(dialogue)


def test_imports_from_the_folder_above(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "blocks.lenet").write_text("block squash\n  tanh\n")
    uri = (tmp_path / "nets" / "net.lenet").as_uri()
    other = (tmp_path / "blocks.lenet").as_uri()

    async def dialogue(client: Client) -> None:
        assert await client.open(uri, 'import "../blocks.lenet"\ninput 8\nsquash\n') == []
        # The file that imports is looked at again, without a change of its own.
        await client.open(other, "block squash\n  tanhh\n")
        while not client.found[uri]:
            await client.published()
        client.text_document_did_close(types.DidCloseTextDocumentParams(document(other)))
        while client.found[uri]:
            await client.published()

    talk(dialogue)
