"""What was measured, as Markdown."""

from dataclasses import dataclass, field
from statistics import mean, median

from measure import PACKAGES
from ours import IMAGES

from nets import NETS, epoch_operations

DISTURBED = 0.05  # share of the processors
SHORT = 4  # so many times as many epochs of ours with lenet5, to watch all for about as long
Work = tuple[str, str, int]


@dataclass
class Results:
    """Seconds unless said otherwise.

    epochs: of each (contender, net, batch)
    predictions: of each contender, a round each: seconds of 10,000 images, and of one
    scaling: images a second by the number of threads, and by the batch size
    seconds: of compiling and of commands, by name
    memory: bytes, by engine
    peaks: floating-point operations a second that the cores could do before and after each run
    shares: of each (contender, net, batch), what each epoch did of the mean of both
    differences: of losses, ours and PyTorch's
    others: the largest share of the processors that other programs took in any round, 0 to 1
    """

    machine: dict[str, str]
    epochs_in_round: int
    rounds: int
    epochs: dict[Work, list[float]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    peaks: list[float] = field(default_factory=list)
    shares: dict[Work, list[float]] = field(default_factory=dict)
    differences: list[float] = field(default_factory=list)
    others: dict[Work, float] = field(default_factory=dict)
    predictions: dict[str, list[dict[str, list[float]]]] = field(default_factory=dict)
    scaling: dict[str, list[list[float]]] = field(default_factory=dict)

    def add_epochs(
        self, work: Work, seconds: list[float], peaks: tuple[float, float], others: float
    ) -> None:
        self.epochs.setdefault(work, []).extend(seconds)
        self.peaks += peaks
        operations = epoch_operations(work[1]) / mean(peaks)
        self.shares.setdefault(work, []).extend(operations / s for s in seconds)
        self.others[work] = max(others, self.others.get(work, 0.0))

    def add_seconds(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)


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


def best_peer(results: Results, net: str, batch: int) -> float | None:
    """Seconds of an epoch of the fastest of PyTorch's ways, by its median."""
    medians = [
        median(seconds)
        for (name, other, size), seconds in results.epochs.items()
        if (other, size) == (net, batch) and name.startswith("PyTorch")
    ]
    return min(medians, default=None)


def training_table(results: Results) -> str:
    rows = []
    order = list(NETS)
    for (name, net, batch), seconds in sorted(
        results.epochs.items(), key=lambda item: (order.index(item[0][1]), -item[0][2])
    ):
        middle, peer = median(seconds), best_peer(results, net, batch)
        rate = epoch_operations(net) / middle
        cells = [
            f"{middle:.3f}",
            f"{NETS[net].images / middle:,.0f}",
            f"{peer / middle:.2f}" if peer else "",
            f"{rate / 1e9:.0f}",
            f"{median(results.shares[name, net, batch]):.0%}",
            f"{results.others[name, net, batch]:.0%}",
        ]
        rows.append([net, str(batch), name, *cells])
    head = ["net", "batch", "trainer", "epoch, s", "images/s", "speed", "GFLOP/s", "of peak",
            "others"]  # fmt: skip
    return markdown(head, rows, 3)


def prediction_table(results: Results) -> str:
    rows = []
    for name, rounds in results.predictions.items():
        many = median(s for seen in rounds for s in seen["many"])
        one = median(s for seen in rounds for s in seen["one"])
        rows.append([name, f"{IMAGES / many:,.0f}", f"{one * 1e6:.0f}"])
    return markdown(["lenet5", "images/s of 10,000", "one image, µs"], rows, 1)


def other_table(results: Results) -> str:
    names = {
        "compile lenet5, cold": "compile lenet5 to train it, nothing cached",
        "process lenet5, cold": "the whole process: start, check, compile, a step, validation",
        "compile lenet5, cached": "compile lenet5 from the cache",
        "process lenet5, cached": "the whole process",
        "compile vgg, cold": "compile vgg to train it, nothing cached",
        "compile vgg, cached": "compile vgg from the cache",
        "compile resnet20, cold": "compile resnet20 to train it, nothing cached",
        "compile resnet20, cached": "compile resnet20 from the cache",
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
    packages = ", ".join(f"{name} {facts[name]}" for name in PACKAGES)
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['system']}; "
        f"Python {facts['python']}, {packages}; {facts['date']}."
    )


def notes(results: Results) -> str:
    lines = [
        f"Peak of the machine, all cores: {min(results.peaks) / 1e9:.0f} to "
        f"{max(results.peaks) / 1e9:.0f} GFLOP/s, usually {median(results.peaks) / 1e9:.0f}.",
        "An epoch is "
        + ", ".join(f"{epoch_operations(net) / 1e9:.1f} GFLOP ({net})" for net in NETS)
        + ".",
    ]
    if results.differences:
        most = max(results.differences)
        verdict = "agree" if most < 1e-4 else "DO NOT AGREE"
        lines.append(
            f"From the same weights and batches, the losses of our and PyTorch's first 20 steps "
            f"{verdict}: they differ by at most {most:.1e}."
        )
    else:
        lines.append("The losses of both were not compared in this run.")
    if max(results.others.values()) > DISTURBED:
        lines.append(
            "**Disturbed**: other programs ran meanwhile (column *others*). Times of PyTorch "
            "suffer most from that; measure again on a quiet machine."
        )
    return "\n".join(f"- {line}" for line in lines)


def scaling_line(results: Results) -> str:
    threads = results.scaling["threads"]
    (_, one), (most, all_) = threads[0], threads[-1]
    return (
        f"With a batch of 2048, {most} threads train lenet5 {all_ / one:.2f} times as fast as one. "
        "The numbers\nof threads take turns of some steps each, and so do the batch sizes."
    )


def tables(results: Results) -> str:
    parts = (machine_line, training_table, prediction_table, other_table, notes)
    return "\n\n".join(part(results) for part in parts) + "\n"


def document(results: Results) -> str:
    """docs/performance.md."""
    return f"""# Performance

Four nets, beside the same nets in PyTorch and ONNX Runtime. Everything on this page was measured
and written by one command:

```
make bench BENCH_ARGS='--data DIR --write'
```

`DIR` holds the four files of MNIST; without `--data` they are downloaded. `--quick` measures one
epoch of each, for a rough picture. `lenet bench FILE` measures a net of yours, kernel by kernel.

{machine_line(results)}

## Training

{training_table(results)}

![Images a second in training](performance-training.svg)
![Share of the multiply-add peak](performance-peak.svg)

- **net**: *lenet5* is `specs/lenet5.lenet`, an epoch of it the 60,000 images of MNIST; *mlp* is
  `bench/mlp.lenet`, 784-512-512-10, with the same images; *vgg* is `bench/vgg.lenet`, 3x3
  convolutions of 64, 128, 256 and 256 channels on 32x32 maps, an epoch of it 1,280 made-up images;
  *resnet20* is `bench/resnet20.lenet`, He et al.'s net for CIFAR-10, likewise.
- **trainer**: *lenet, Spark* trains in a session `local[*]`, *lenet, local* with `--engine local`.
  *PyTorch* runs in eager mode with its weights in the layout channels-last or as they are by
  default; *memory kept* is channels-last with glibc told not to give freed memory back to the
  system (the environment variables `MALLOC_MMAP_THRESHOLD_` and `MALLOC_TRIM_THRESHOLD_`), as few
  users do; *compiled* is that with `torch.compile`, whose compilation is not counted.
- **epoch**: the median over all epochs (rounds: {results.rounds}, epochs in a round:
  {results.epochs_in_round}, but {results.epochs_in_round * SHORT} of ours with lenet5, which are
  short).
- **speed**: how many times as fast as the fastest of PyTorch's ways, by the medians.
- **GFLOP/s**: the multiply-adds that direct sums of the convolutions and linear layers need,
  forward and backward, counted as two operations each, over the median. Winograd's transforms need
  fewer, and so do gradients below max-pooling, so that it may be more than the processor can do.
- **of peak**: the share of what the cores reach when they do fused multiply-adds on registers and
  nothing else. That is measured right before and after each run, since a machine that others use
  is faster in one minute than in the next.
- **others**: the largest share of the processors that other programs took during one of the
  rounds. A run in which it is more than {DISTURBED:.0%} is repeated, at most twice.

![Images a second by the number of threads and by the batch size](performance-scaling.svg)

{scaling_line(results)}

## Prediction

{prediction_table(results)}

Both get float32 images in memory and give float32 outputs; ONNX Runtime in batches of the size
that is best for it. One image is the median of 2,000 calls from Python, `Model.outputs` and
`InferenceSession.run`.

What stands in the way of more is [on the page of large nets](large-nets.md#what-stands-in-the-way).

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
  specification asks for: for lenet5 loss and throughput every iteration, histograms of the
  parameters every 50, written into the run's folder as JSON and for TensorBoard, on Spark by the
  driver. They are written 64 at a time, the last ones of an epoch behind it.
- PyTorch begins with images that are normalised float32 already. A batch is one `index_select`,
  the optimizer is the fused SGD, the loss is read once a step, and nothing else happens.
- Both train the same net, with the same loss and the same falling rate.

{notes(results)}
"""
