"""The reference of the language, from the registries; `python -m lenet.editor.reference` writes
all pages of docs/ that are made of the program."""

from lenet.dsl.glossary import glossary
from lenet.dsl.messages.wording import CODES
from lenet.dsl.registry import STRUCTURE, Layer, layers
from lenet.dsl.sections import SECTIONS, Section
from lenet.editor.explain import describe_argument, describe_line, words_behind

_INTRODUCTION = """# The language

<!-- Written by `make docs`: edit the words, or lenet/editor/reference.py, instead. -->

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
  are named after their layer: `conv1.weight`, `conv1.bias`. Inside a block, a repeat or a path the
  names around come first: `stage1.2.basic1.add1.path1.conv1`.
- `-> SHAPE` asserts the shape of a line's output, `expect 22278 parameters` the size of the net.
  Both are checked before anything runs.
- Sizes and numbers may be expressions of `+ - * /`, parentheses and constants; for sizes `/` must
  divide exactly. `let width = 16` defines a constant, `--set width=32` overrides it. An x joins
  numbers as in `6x5x5`; where there are names, spaces go around it: `width x 3 x 3`.
- Indented lines belong to the line above. Indent with spaces.
- `# allow W001` on a line silences that warning there.

A net that is trained ends in `logsoftmax` (then the loss is `nll`), in plain scores (then it is
`crossentropy`, and predictions are given their softmax), or in the distances of `rbf` (then it is
`map`). It answers with a class, unless its loss takes numbers or answers yes or no (`loss mse`,
`loss bce`), or the line `predict` of the data says so: then plain outputs are the answers, one for
each, also those of a map at each of its places.
"""


_STRUCTURE = """
## Blocks, repeats, paths

```
block basic(width, step = 1)
  add
    path
      conv width x 3 x 3 stride step pad 1 bias no
      batchnorm
      relu
      conv width x 3 x 3 pad 1 bias no
      batchnorm
    path
      shortcut width stride step
  relu

input 3x32x32
conv 16x3x3 pad 1 bias no
batchnorm
relu
repeat 3 as stage1
  basic 16
basic 32 step 2    as down   -> 32x16x16
avgpool all
linear 10
```

A block is used like a layer, its parameters given in their order or by name. It is written out
where it stands; recursion is an error. `add`, `concat` and `multiply` join the paths below them, so
that no cycle and no dangling name can be written.

Blocks may lie in a file of their own, which others import. `specs/blocks/squeeze.lenet` has the
block of squeeze-and-excitation, whose second path gives one value for each channel of the first:

```
block squeeze(width, narrow)
  multiply
    path
    path
      avgpool all
      linear narrow
      relu
      linear width
      sigmoid
```

With `import "blocks/squeeze.lenet"` in a file beside the folder `blocks`, the line `squeeze 64 4`
stands behind a layer of 64 channels. Models and runs keep the imported text as well.
"""


def language_reference() -> str:
    """The whole page."""
    parts = [_INTRODUCTION + _STRUCTURE]
    parts += [f"- `{usage}`: {meaning}" for usage, meaning in STRUCTURE.values()]
    parts.append("\n## Layers\n")
    parts += [_layer(layer) for layer in layers().values()]
    parts += [line for section in SECTIONS.values() for line in _section(section)]
    parts.append(
        "Only `rate` must be given. Without the others: batch 128, stop after 10 epochs, "
        "validate top1 loss every\nepoch, seed 1, and the loss that the last layer calls for. "
        "`stop` and `every` take epochs or iterations; validation that is counted in iterations "
        "also ends\neach epoch.\n"
    )
    parts.append("## Other words\n\nThat stand in these lines, and around them:\n")
    parts += [
        f"- `{word}`: {term.meaning}"
        for word, terms in glossary().items()
        for term in terms
        if not SECTIONS.keys() & set(term.keys)
    ]
    parts.append("")
    parts.append("## Codes\n\n`lenet explain E012` tells the long story of a code.\n")
    parts += [f"- {code}: {entry.title}" for code, entry in CODES.items()]
    return "\n".join(parts) + "\n"


def _section(section: Section) -> list[str]:
    lines = [f"## Section `{section.name}`\n", f"{section.summary.capitalize()}:\n"]
    if heads := words_behind(section.name):
        lines += [f"- `{word.example}`: {word.meaning}" for word in heads]
        lines.append("\nand below it, indented:\n")
    lines += [f"- `{line.example}`: {describe_line(line)}" for line in section.lines.values()]
    return [*lines, ""]


def _layer(layer: Layer) -> str:
    lines = [f"### {layer.name}\n", layer.summary + "\n", f"```\n{layer.example}\n```\n"]
    lines += [f"- {argument.name}: {describe_argument(argument)}" for argument in layer.arguments]
    lines += [
        f"- option `{option.written}`: {describe_argument(option)}" for option in layer.options
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    from lenet.editor.faces import commands_reference, python_reference

    for name, text in (
        ("language.md", language_reference()),
        ("commands.md", commands_reference()),
        ("python.md", python_reference()),
    ):
        path = Path(__file__).parents[2] / "docs" / name
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
