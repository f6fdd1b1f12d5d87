"""What was measured, as Markdown."""

from dataclasses import dataclass, field
from statistics import median

from ours import SPEC

import lenet

IMAGES = 60_000
PEER = "PyTorch, channels-last"
DISTURBED = 0.05  # share of the processors


@dataclass
class Results:
    """Seconds unless said otherwise.

    epochs: of each (contender, batch)
    seconds: of compiling and of commands, by name
    memory: bytes, by engine
    peaks: floating-point operations a second
    differences: of losses, ours and PyTorch's
    others: the largest share of the processors that other programs took in any round, 0 to 1
    """

    machine: dict[str, str]
    epochs_in_round: int
    rounds: int
    epochs: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    peaks: list[float] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)
    others: dict[tuple[str, int], float] = field(default_factory=dict)

    def add_epochs(self, work: tuple[str, int], seconds: list[float], others: float) -> None:
        self.epochs.setdefault(work, []).extend(seconds)
        self.others[work] = max(others, self.others.get(work, 0.0))

    def add_seconds(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)


def epoch_operations() -> int:
    """Floating-point operations of the multiply-adds in one epoch.

    Forward, to the weights and to the input cost the same; the images need no gradient.
    """
    macs = [node.macs for node in lenet.load(SPEC).graph.nodes]
    first = next(count for count in macs if count)
    return 2 * IMAGES * (3 * sum(macs) - first)


def markdown(head: list[str], rows: list[list[str]], left: int) -> str:
    """A table whose first `left` columns are text and whose others are numbers."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]

    def line(row: list[str]) -> str:
        cells = [
            cell.ljust(width) if k < left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = ["-" * width if k < left else "-" * (width - 1) + ":" for k, width in enumerate(widths)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def training_table(results: Results) -> str:
    peak = max(results.peaks)
    rows = []
    for (name, batch), seconds in sorted(results.epochs.items(), key=lambda item: -item[0][1]):
        middle, best = median(seconds), min(seconds)
        rate = epoch_operations() / middle
        peer = results.epochs.get((PEER, batch), [])
        # A disturbed run tells nothing about the ratio.
        fair = peer and max(results.others[name, batch], results.others[PEER, batch]) <= DISTURBED
        ratios = [f"{median(peer) / middle:.2f}", f"{min(peer) / best:.2f}"] if fair else ["", ""]
        cells = [f"{middle:.3f}", f"{best:.3f}", *ratios, f"{IMAGES / middle:,.0f}"]
        others = f"{results.others[name, batch]:.0%}"
        rows.append([str(batch), name, *cells, f"{rate / 1e9:.0f}", f"{rate / peak:.0%}", others])
    head = ["batch", "trainer", "epoch, s", "best, s", "speed", "of the best",
            "images/s", "GFLOP/s", "of peak", "others"]  # fmt: skip
    return markdown(head, rows, 2)


def other_table(results: Results) -> str:
    names = {
        "compile, cold": "compile lenet5.lenet, nothing cached",
        "process, cold": "the same, the whole process: start, check, compile, one step, end",
        "compile, cached": "compile lenet5.lenet, from the cache",
        "process, cached": "the same, the whole process",
        "lenet check": "`lenet check specs/lenet5.lenet`, start to end",
        "lenet shapes": "`lenet shapes specs/lenet5.lenet`, start to end",
    }
    rows = [
        [text, f"{median(results.seconds[key]):.2f} s"]
        for key, text in names.items()
        if key in results.seconds
    ]
    engines = {"spark": "Spark local, driver and worker without Java", "local": "--engine local"}
    rows += [
        [f"memory of `lenet train`, {engines[engine]}", f"{count / 2**20:,.0f} MiB"]
        for engine, count in results.memory.items()
    ]
    return markdown(["what", "measured"], rows, 1)


def machine_line(results: Results) -> str:
    facts = results.machine
    packages = ", ".join(f"{name} {facts[name]}" for name in ("numba", "numpy", "pyspark", "torch"))
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['system']}; "
        f"Python {facts['python']}, {packages}; {facts['date']}."
    )


def notes(results: Results) -> str:
    lines = [
        f"Peak of the machine: {max(results.peaks) / 1e9:.0f} GFLOP/s, all cores.",
        f"An epoch is {epoch_operations() / 1e9:.1f} GFLOP.",
    ]
    if results.differences:
        most = max(results.differences)
        verdict = "agree" if most < 1e-4 else "DO NOT AGREE"
        lines.append(
            f"From the same weights and batches, the losses of our and PyTorch's first 20 steps "
            f"{verdict}: they differ by at most {most:.1e}."
        )
    else:
        lines.append("PyTorch is not installed and was left out: `pip install torch==2.13.0`.")
    if max(results.others.values()) > DISTURBED:
        lines.append(
            "**Disturbed**: other programs ran meanwhile (column *others*). Times of PyTorch "
            "suffer most from that, so that no speed is given; measure again on a quiet machine."
        )
    return "\n".join(f"- {line}" for line in lines)


def tables(results: Results) -> str:
    parts = [machine_line(results), training_table(results), other_table(results), notes(results)]
    return "\n\n".join(parts) + "\n"


def document(results: Results) -> str:
    """docs/performance.md."""
    return f"""# Performance

LeNet (`specs/lenet5.lenet`) on MNIST, 60,000 training images, beside the same net in PyTorch.
Everything on this page was measured and written by one command:

```
pip install torch==2.13.0
python bench/run.py --data DIR --write
```

`DIR` holds the four files of MNIST; without `--data` they are downloaded. `--quick` measures one
epoch of each, for a rough picture.

{machine_line(results)}

## Training

{training_table(results)}

- **trainer**: *lenet, Spark* trains in a session `local[*]`, *lenet, local* with `--engine local`;
  *PyTorch* in eager mode with its weights in the layout channels-last or as they are by default.
  *Memory kept* is channels-last with glibc told not to give freed memory back to the system (the
  environment variables `MALLOC_MMAP_THRESHOLD_` and `MALLOC_TRIM_THRESHOLD_`), as few users do.
- **epoch**: the median over all epochs (rounds: {results.rounds}, epochs in a round:
  {results.epochs_in_round}); **best**: the least of them.
- **speed**: how many times as fast as PyTorch with channels-last, by the medians;
  **of the best**: by the best epochs.
- **GFLOP/s**: the multiply-adds of the convolutions and linear layers, forward and backward,
  counted as two operations each, over the median. Nothing else is counted.
- **of peak**: the share of what the cores reach when they do fused multiply-adds on registers and
  nothing else, measured in each round by `bench/peak.py`.
- **others**: the largest share of the processors that other programs took during one of the
  rounds. A run in which it is more than {DISTURBED:.0%} is repeated, at most twice.

## Compiling, the command line, memory

{other_table(results)}

Times are medians over fresh processes, one a round. Memory is the greatest sum of the resident
bytes of all Python processes of `lenet train specs/lenet5.lenet`, looked at every 20 ms; what they
share counts for each of them. The Java process is left out: its size is Spark's setting.

## How it was measured

- The contenders take turns: a round is one process of each, on the same machine, with as many
  threads as there are cores, and the next starts when the one before and its Java are gone. Each
  process trains one epoch more than is counted, first, to warm up.
- An epoch is the time of its steps, with the shuffled order of the images at hand and without the
  validation that follows. Ours begins with uint8 pixels and includes the records that the
  specification asks for: loss and throughput every iteration, histograms of the parameters every
  50, on Spark sent to the driver.
- PyTorch begins with images that are normalised float32 already. A batch is one `index_select`,
  the optimizer is the fused SGD, the loss is read once a step, and nothing else happens.
- Both train the same net, with the same loss and the same falling rate, on batches of all 60,000
  images.

{notes(results)}
"""
