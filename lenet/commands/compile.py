"""`lenet compile`: kernels into the cache, or any stage of the compiler as text."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.api import Network
from lenet.commands import Json, Set, Spec, load_network
from lenet.dsl.syntax.parse import parse
from lenet.terminal.console import note, pass_on, say, say_json


def compile_file(
    spec: Spec,
    emit: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help="Print a stage: syntax, graph, a pass's name, or kernels (readable source).",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Write the stage there.")
    ] = None,
    set_: Set = None,
    as_json: Json = False,
) -> None:
    """Compile the kernels, or show a stage.

    Without --emit the kernels go into the cache, and their place is printed.
    """
    network = load_network(spec, set_)
    if emit is None and output is None:
        from lenet.compiler.jit.cache import load as load_program
        from lenet.compiler.pipeline import compile_graph

        program = compile_graph(network.graph)
        loaded = load_program(program)
        done = loaded.compile(*program.functions)
        if as_json:
            facts = {"spec": str(spec), "seconds": done.seconds, "cached": done.from_cache}
            say_json({**facts, "source": str(loaded.path)})
            return
        how = "taken from the cache" if done.from_cache else "compiled"
        say(f"{spec}: kernels {how} in {done.seconds:.1f} s")
        say(str(loaded.path))
        return
    text = _stage(network, emit or "kernels")
    if output:
        from lenet.runtime.machine.files import write_atomically

        write_atomically(output, text.encode())
        note(f"wrote {output}")
    else:
        pass_on(text)


def _stage(network: Network, emit: str) -> str:
    """The text of one of the compiler's stages."""
    from lenet.compiler.passes import FOR_PREDICTION, PASSES
    from lenet.compiler.pipeline import compile_graph, run_passes
    from lenet.dsl import graph
    from lenet.dsl.syntax import tree as syntax

    passes = [function.__name__ for function in PASSES]
    stages = ["syntax", "graph", *passes, "kernels"]
    if emit not in stages:
        raise typer.BadParameter(f"there is no stage {emit!r}; there is {', '.join(stages)}")
    if emit == "syntax":
        return syntax.draw(parse(network.graph.source)[0])
    if emit == "graph":
        return graph.draw(network.graph)
    if emit == "kernels":
        return compile_graph(network.graph).source
    predicting = emit in {function.__name__ for function in FOR_PREDICTION}
    return graph.draw(run_passes(network.graph, emit, predicting))
