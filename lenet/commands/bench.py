"""`lenet bench`: what a net does on this machine."""

from typing import Annotated, Any

import typer

from lenet.commands import Json, Set, Spec, load_network
from lenet.dsl.messages.clean import clean
from lenet.shapes import readable_bytes
from lenet.terminal.console import say_json, say_lines

_FIRST = "a first look, by 16 images and one run; all measurements follow, and take minutes"


def bench(
    spec: Spec,
    batch: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Images a step [the file's batch].")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Threads [all cores].")
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Measure prediction with int8 weights as well.")
    ] = False,
    set_: Set = None,
    as_json: Json = False,
) -> None:
    """Measure training and prediction of a net on made-up images.

    Prints images a second, the time of each kernel and its share of the machine's multiply-add
    peak, compile times, and memory against the plan. Takes a minute or two.
    """
    network = load_network(spec, set_)
    from lenet.runtime.bench import bench as measure
    from lenet.runtime.machine.cores import available_cores

    arguments = [str(spec), *(f"--set={pair}" for pair in set_ or [])]

    def first(look: dict[str, Any]) -> None:
        tables = [line for work in look for line in _tables(work, look)]
        say_lines("\n".join([_head(clean(str(spec)), look["machine"]), _FIRST, *tables, ""]))

    cores = threads or available_cores()
    found = measure(network.graph, arguments, cores, batch, int8, None if as_json else first)
    if as_json:
        say_json(found)
    else:
        say_lines(_text(clean(str(spec)), found))


def _text(spec: str, found: dict[str, Any]) -> str:
    compiled, memory = found["compile"], found["memory"]
    lines = [_head(spec, found["machine"]), ""]
    if "train" in found:
        train = found["train"]
        lines.append(
            f"train     {train['images_per_second']:,.0f} images/s in batches of "
            f"{train['batch']}, {train['share_of_peak']:.0%} of the peak"
        )
    for work in ("predict", "int8"):
        if work in found:
            predict = found[work]
            lines.append(
                f"{work:<9} {predict['images_per_second']:,.0f} images/s, "
                f"{predict['share_of_peak']:.0%} of the peak; one image "
                f"{predict['one_image_microseconds']:.0f} µs"
            )
    lines += [
        f"compile   {compiled['cold_seconds']:.1f} s, from the cache "
        f"{compiled['cached_seconds']:.2f} s",
    ]
    if "train" in found:
        lines.append(
            f"memory    {readable_bytes(memory['peak_bytes'])} to train, planned "
            f"{readable_bytes(memory['planned_bytes'])}"
        )
    for work in ("train", "predict", "int8"):
        lines += _tables(work, found)
    return "\n".join(lines) + "\n"


def _head(spec: str, machine: dict[str, Any]) -> str:
    return (
        f"{spec} on {machine['processor']}, {machine['threads']} threads, peak "
        f"{machine['fma_gflops']:.0f} GFLOP/s; numba {machine['numba']}, Python "
        f"{machine['python']}"
    )


def _tables(work: str, found: dict[str, Any]) -> list[str]:
    kernels = found.get(work, {}).get("kernels")
    if not kernels:
        return []
    lines = ["", *_table(work, kernels)]
    if found[work].get("one_by_one"):
        lines.append(
            "These are of blocks of sixteen images; the net predicts its images one by one."
        )
    return lines


def _table(work: str, kernels: list[dict[str, Any]]) -> list[str]:
    """A row a kernel; times are of one core for 1,000 images."""
    total = sum(kernel["seconds"] for kernel in kernels)
    rows = [("kernel", "lines", "ms", "share", "GFLOP/s", "of peak")]
    for kernel in kernels:
        counted = kernel["gflops"] > 0
        rows.append(
            (
                kernel["name"],
                ", ".join(map(str, kernel["lines"])),
                f"{kernel['seconds'] * 1e3:.3f}",
                f"{kernel['seconds'] / total:.1%}",
                f"{kernel['gflops']:.1f}" if counted else "",
                f"{kernel['share_of_peak']:.0%}" if counted else "",
            )
        )
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    title = f"{work}: the time of one core for 1,000 images, {total * 1e3:.1f} ms"
    table = [
        "  ".join(
            cell.ljust(width) if k < 2 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [title, *table]
