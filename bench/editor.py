"""How long a keystroke takes: `python bench/editor.py` speaks to the language server as an editor
does, with a file of 300 lines."""

import asyncio
import statistics
import sys
import time

from lsprotocol import types
from pygls.lsp.client import BaseLanguageClient

URI = "file:///net.lenet"


def spec() -> str:
    lines = ["input 4x8x8"]
    for k in range(148):
        lines += [f"conv 4x3x3 pad 1    as c{k}   -> 4x8x8", "relu"]
    return "\n".join([*lines, "avgpool all", "linear 10"])


async def measure(repetitions: int) -> list[float]:
    """Seconds from a change to its diagnostics, each with another letter in the middle."""
    client = BaseLanguageClient("bench", "1")
    news = asyncio.Event()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def publish(_: types.PublishDiagnosticsParams) -> None:
        news.set()

    await client.start_io(sys.executable, "-c", "from lenet.cli import main; main()", "lsp")
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    document = types.TextDocumentItem(URI, "lenet", 1, spec())
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    await news.wait()
    seconds = []
    place = types.Position(150, 6)
    for version in range(2, repetitions + 2):
        news.clear()
        started = time.perf_counter()
        change = types.TextDocumentContentChangePartial(types.Range(place, place), "1")
        identifier = types.VersionedTextDocumentIdentifier(version, URI)
        client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
        await news.wait()
        seconds.append(time.perf_counter() - started)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return seconds


if __name__ == "__main__":
    found = asyncio.run(measure(50))
    print(
        f"a keystroke in a file of {len(spec().splitlines())} lines: median "
        f"{statistics.median(found) * 1000:.1f} ms, longest {max(found) * 1000:.1f} ms"
    )
