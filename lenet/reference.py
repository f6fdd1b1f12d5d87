"""Writes docs/language.md from the registries: `python -m lenet.reference`."""

from collections.abc import Iterable

from dsl.datasets import DATASETS
from dsl.registry import Argument, Layer, layers
from dsl.sections import data, train
from dsl.shapes import show

_INTRODUCTION = """# The language

<!-- Written by `python -m lenet.reference`; edit lenet/reference.py or the layers instead. -->

A `.lenet` file is a network, one layer a line, in the order in which data flow:

```
input 1x28x28

conv 6x5x5        as conv1   -> 6x24x24
tanh
maxpool 2         as pool1   -> 6x12x12
reshape 6*12*12
linear 10         as score
logsoftmax

data mnist
  normalize

train
  loss nll
  rate 0.1
  batch 128
  stop after 5 epochs
```

- A line is `LAYER arguments… [as NAME] [-> SHAPE]`; `#` starts a comment; blank lines mean nothing.
- Shapes are channels x height x width, or one number for a vector. `6x5x5` is three sizes;
  `12*4*4` is one size that keeps its factors for the messages.
- `as NAME` names a layer; others are called `conv1`, `tanh2`, … by kind and count. Trained tensors
  are named after their layer: `conv1.weight`, `conv1.bias`.
- `-> SHAPE` asserts the shape of a line's output, `expect 22278 parameters` the size of the net.
  Both are checked before anything runs.
- Sizes and numbers may be expressions of `+ - * /`, parentheses and constants; for sizes `/` must
  divide exactly. `let width = 16` defines a constant, `--set width=32` overrides it.
- Indented lines belong to a section. Indent with spaces.
- `# allow W001` on a line silences that warning there.

A net that is trained ends in `logsoftmax` (then the loss is `nll`) or in plain scores (then it is
`crossentropy`, and predictions are given their softmax).
"""


def language_reference() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, "\n## Layers\n"]
    parts += [_layer(layer) for layer in layers().values()]
    parts.append("\n## Section `data`\n\nWhere the images come from:\n")
    for name, known in DATASETS.items():
        path = ' "dir"' if known.takes_path else ""
        facts = "images and classes as in the files"
        if known.shape is not None:
            facts = f"images of {show(known.shape)}, {known.classes} classes"
        parts.append(f"- `data {name}{path}`: {facts}")
    parts.append("\nand below it, indented:\n")
    parts += _keys(data.KEYS.values())
    parts.append("\n## Section `train`\n")
    parts += _keys(train.KEYS.values())
    parts.append(
        "\nOnly `rate` must be given. Without the others: batch 128, stop after 10 epochs, "
        "validate top1 loss every\nepoch, seed 1, and the loss that the last layer calls for. "
        "`stop` and `every` take epochs or iterations; validation that is counted in iterations "
        "also ends\neach epoch.\n"
    )
    return "\n".join(parts)


def _keys(entries: Iterable[tuple[str, str, object]]) -> list[str]:
    return [f"- `{usage}`: {doc}" for usage, doc, _ in entries]


def _layer(layer: Layer) -> str:
    lines = [f"### {layer.name}\n", layer.summary + "\n", f"```\n{layer.example}\n```\n"]
    lines += [f"- {argument.name}: {_describe(argument)}" for argument in layer.arguments]
    for option in layer.options:
        default = ""
        if option.default is not None:
            value = option.default
            default = (
                f"; {value if isinstance(value, str) else 'x'.join(map(str, value))} if absent"
            )
        lines.append(f"- option `{option.name}`: {_describe(option)}{default}")
    return "\n".join(lines) + "\n"


def _describe(argument: Argument) -> str:
    return f"{argument.doc} ({argument.expected})"


if __name__ == "__main__":
    from pathlib import Path

    path = Path(__file__).parents[1] / "docs" / "language.md"
    path.write_text(language_reference(), encoding="utf-8")
    print(f"wrote {path}")
