"""Every code of a diagnostic: what it means, why it matters, and a file that has it.

It is long because it is a list; nothing in it depends on its neighbours.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """`example` is a whole file; a test checks that it has this mistake and no other."""

    title: str
    story: str
    example: str


_NET = "input 1x8x8\nreshape 64\nlinear 10\nlogsoftmax\n"
_TRAINED = _NET + "data digits\ntrain\n  rate 0.1\n"

CODES = {
    "E001": Code(
        "a character that has no place here",
        "A line is LAYER arguments… [as NAME] [-> SHAPE]. Lists need no commas or brackets, sizes "
        "are joined by the letter x, and a comment begins with #.",
        "input 1x28x28\nconv 6, 5, 5\n",
    ),
    "E002": Code(
        "a word that has no place here",
        "The name and the shape end a line, in this order, and each once. What follows them "
        "belongs on a line of its own.",
        "input 1x28x28\nconv 6x5x5 as conv1 stride 2\n",
    ),
    "E003": Code(
        "a line that ends too soon",
        "Behind `as` a name is due, behind `->` a shape, behind an operator a number, and every "
        "parenthesis is closed on its line.",
        "input 1x28x28\nconv 6x5x5 as\n",
    ),
    "E004": Code(
        "a tab",
        "Indentation makes bodies, and how wide a tab is depends on the editor. Spaces mean the "
        "same everywhere.",
        _NET + "data digits\ntrain\n\trate 0.1\n",
    ),
    "E005": Code(
        "an indentation that fits no line above",
        "All lines of a body are indented alike, and more than the line they belong to. Two "
        "spaces are usual; `lenet fmt` writes them.",
        _NET + "data digits\ntrain\n    rate 0.1\n  batch 32\n",
    ),
    "E006": Code(
        "a text too long or too deep to be meant",
        "A line has at most 2,000 characters, a file 10,000 lines and 1 MiB, and bodies are nested "
        "at most 40 deep: beyond that it is most likely no .lenet file.",
        "input " + "1+" * 300 + "1\n",
    ),
    "E010": Code(
        "an unknown layer",
        "The first word of a line is a layer, a block, or a word such as `repeat`. Words of other "
        "frameworks are known, and answered with ours; `lenet explain` lists them all.",
        "input 784\ndense 10\n",
    ),
    "E011": Code(
        "an unknown option",
        "Options follow a layer's arguments as WORD value. `lenet explain conv` lists a layer's.",
        "input 1x28x28\nconv 6x5x5 strde 2\n",
    ),
    "E012": Code(
        "an argument that is missing or one too many",
        "Each layer says which arguments it takes, in which order; options are named.",
        "input 1x28x28\nconv\n",
    ),
    "E013": Code(
        "a value of the wrong kind",
        "Sizes are whole numbers: `6x5x5` is three of them, `12*4*4` is one. Some options take a "
        "word, some a number with a fraction.",
        "input 1x28x28\nconv 6x5\n",
    ),
    "E014": Code(
        "a name that nothing has",
        "In place of a number a name is a constant, which a `let` above defines, or a parameter "
        "of the block around. Behind `connect` it is a table.",
        "let width = 16\ninput 1x28x28\nconv widht x 5 x 5\nlinear width\n",
    ),
    "E015": Code(
        "a division that leaves a remainder",
        "Sizes are exact: where `/` would round, the net would not be the one that was meant.",
        "input 1x28x28\nreshape 785/2\n",
    ),
    "E016": Code(
        "a number out of its range",
        "A size is at least 1, a probability below 1, a stride not 0; the message says which "
        "limits hold.",
        "input 8\ndropout 1.5\n",
    ),
    "E017": Code(
        "an option that is given twice",
        "Only one of the two can be meant.",
        "input 1x28x28\nconv 6x5x5 stride 2 stride 3\n",
    ),
    "E020": Code(
        "no input",
        "Every shape follows from the input's, so the net begins with it: channels x height x "
        "width, or one number for a vector.",
        "conv 6x5x5\n",
    ),
    "E021": Code(
        "a second input",
        "A net has one input. Several ways from it are `path`s of an `add`, `concat` or "
        "`multiply`.",
        "input 1x28x28\ninput 784\n",
    ),
    "E022": Code(
        "a name that is taken",
        "Trained tensors are named after their layers, so names are unique; blocks, tables and "
        "constants are, too.",
        "input 8\nlinear 8 as score\ntanh\nlinear 8 as score\n",
    ),
    "E023": Code(
        "a line in the wrong body",
        "Layers have no lines below them; `let`, `block`, `table`, `import`, `expect`, `input` and "
        "sections belong to the whole file and stand at its left margin.",
        "input 1x28x28\nconv 6x5x5\n  tanh\n",
    ),
    "E030": Code(
        "a window larger than its input",
        "A kernel or a pooling window has to fit into the map, with its padding, at least once. "
        "The message also says with which input the whole net would work.",
        "input 1x4x4\nconv 6x5x5\n",
    ),
    "E031": Code(
        "a reshape to another number of values",
        "Reshaping keeps every value. Factors that are written out, as in 12*4*4, are compared "
        "with the map one by one.",
        "input 1x12x12\nconv 12x5x5\nreshape 12*4*4\n",
    ),
    "E032": Code(
        "a map where a vector is due",
        "`linear` and `rbf` see a vector. `flatten` makes one of a map, and so does `avgpool all`.",
        "input 1x28x28\nlinear 10\n",
    ),
    "E033": Code(
        "a vector where a map is due",
        "Windows slide over maps: channels x height x width.",
        "input 784\nconv 6x5x5\n",
    ),
    "E034": Code(
        "a shape that is not the one written behind ->",
        "`-> SHAPE` is a test that lives in the file: when a layer changes, it tells where the "
        "shapes change with it. `lenet fmt --shapes` writes them anew.",
        "input 1x28x28\nconv 6x5x5 -> 6x28x28\n",
    ),
    "E035": Code(
        "another number of parameters than expected",
        "`expect N parameters` counts what is trained: weights, biases, scales and shifts. It does "
        "not count running statistics, nor weights that a connection table leaves out.",
        "input 784\nlinear 10\nexpect 7840 parameters\n",
    ),
    "E036": Code(
        "an output that does not fit the classes",
        "The net's output is a vector with one value for each class of the data.",
        "input 1x8x8\nreshape 64\nlinear 12\nlogsoftmax\ndata digits\n",
    ),
    "E037": Code(
        "a loss whose net ends differently",
        "`nll` takes the logarithms of probabilities, which `logsoftmax` gives; `map` takes the "
        "distances that `rbf` gives; `crossentropy` takes plain scores.",
        "input 1x8x8\nreshape 64\nlinear 10\ndata digits\ntrain\n  loss nll\n  rate 0.1\n",
    ),
    "E038": Code(
        "a softmax that is applied twice",
        "`crossentropy` contains a softmax. Behind another one the net still learns, but badly, "
        "and nothing says why: so this is an error.",
        _TRAINED + "  loss crossentropy\n",
    ),
    "E039": Code(
        "a layer behind the output",
        "`logsoftmax` and `rbf` give results for a loss. Most likely the lines are in the wrong "
        "order.",
        "input 64\nlinear 10\nlogsoftmax\ntanh\n",
    ),
    "E040": Code(
        "an input that is not the data's",
        "The data's images have a size of their own, plus the section's `pad`. A net may take them "
        "as a map or, flattened, as a vector.",
        "input 1x28x28\navgpool all\nlinear 10\nlogsoftmax\ndata digits\n",
    ),
    "E041": Code(
        "a layer of absurd size",
        "One layer's output or parameters would need more than 8 GiB: most likely a size has a "
        "digit too many.",
        "input 1x1000x1000\nreshape 1000000\nlinear 1000000\n",
    ),
    "E042": Code(
        "a crop that is not the net's input",
        "`augment` cuts a window out of each padded image, and the net sees this window.",
        "input 1x8x8\navgpool all\nlinear 10\nlogsoftmax\ndata digits\naugment\n  crop 7x7 pad 1\n",
    ),
    "E043": Code(
        "more layers than can be meant",
        "Blocks and repeats are written out, into at most 5,000 layers.",
        "input 8\nrepeat 4000\n  tanh\n  relu\n",
    ),
    "E044": Code(
        "scores between 0 and 1 before a softmax",
        "The loss takes the softmax of the net's scores, which are any numbers. Those of a sigmoid "
        "lie between 0 and 1: so close together that no class can become likely, and the training "
        "stalls.",
        "input 8\nlinear 10\nsigmoid\ntrain\n  rate 0.1\n",
    ),
    "E045": Code(
        "one output",
        "The output has one value for each class, and two classes are two outputs, also where "
        "another framework would take one and a sigmoid.",
        'input 8\nlinear 1\ndata parquet "t"\n',
    ),
    "E046": Code(
        "a training of a net that has nothing to train",
        "Training changes parameters, and the net has none, or only fixed ones. Without a section "
        "`train` such a net is fine: it predicts as it is.",
        "input 10x8x8\navgpool all\nlogsoftmax\ntrain\n  rate 0.1\n",
    ),
    "E050": Code(
        "an unknown line of a section",
        "Each section has its own lines; `lenet explain train` lists them.",
        _TRAINED + "  momentun 0.9\n",
    ),
    "E051": Code(
        "an unknown word in a section",
        "Datasets, optimizers, losses and metrics have fixed names.",
        _NET + "data digts\n",
    ),
    "E052": Code(
        "a number without its unit",
        "20 epochs and 20 iterations are very different trainings: durations and angles carry "
        "their unit.",
        _TRAINED + "  stop after 20\n",
    ),
    "E053": Code(
        "a section, or a line of one, that stands twice",
        "Only one of the two can be meant.",
        _TRAINED + "  rate 0.2\n",
    ),
    "E054": Code(
        "a section that lacks a line",
        "There is no learning rate that fits every net, so it has to be chosen; and a rate that "
        "falls to the end has to know where the end is.",
        _NET + "data digits\ntrain\n  batch 32\n",
    ),
    "E055": Code(
        "a line that cannot be read",
        "The message shows how such a line is written.",
        _TRAINED + "  batch\n",
    ),
    "E057": Code(
        "a line of `data` that its source cannot follow",
        "Columns have names in tables only; the classes of pictures are their folders.",
        _NET + 'data digits\n  label "digit"\n',
    ),
    "E060": Code(
        "a block that contains itself",
        "Blocks are written out where they are used, so this would never end.",
        "block twice\n  tanh\n  twice\ninput 8\ntwice\n",
    ),
    "E061": Code(
        "a block named like something else",
        "The word would mean two things at the beginning of a line.",
        "block conv(n)\n  linear n\ninput 8\ntanh\n",
    ),
    "E062": Code(
        "an empty body",
        "A `block` or `repeat` without lines below it does nothing: most likely they are not "
        "indented.",
        "input 8\nrepeat 3\ntanh\n",
    ),
    "E063": Code(
        "paths that are missing or misplaced",
        "`add`, `concat` and `multiply` join two or more `path`s, which stand indented below "
        "them, with the layers of each below the path. An empty path passes its input on.",
        "input 8\nadd\n  linear 8\n  tanh\n",
    ),
    "E064": Code(
        "paths that do not fit together",
        "The paths of `add` and `multiply` give the same shape; those of `concat` may differ in "
        "their channels only.",
        "input 4x8x8\nadd\n  path\n    conv 4x3x3\n  path\n",
    ),
    "E065": Code(
        "an import that cannot be read",
        "The path starts at the folder of the importing file.",
        'import "blocks.lenet"\ninput 8\ntanh\n',
    ),
    "E066": Code(
        "files that import each other",
        "What they share belongs into a third file, which both import.",
        "",
    ),
    "E067": Code(
        "a connection table that cannot be read",
        "A table has a row for each input map and a column for each output map, of X and ., and "
        "every output map sees at least one input map.",
        "table t\n  X . X\n  X X\ninput 2x8x8\nconv 3x3x3 connect t\n",
    ),
    "E068": Code(
        "a connection table of another size than its layer",
        "It needs as many rows as the layer has input maps, and as many columns as it has output "
        "maps.",
        "table t\n  X X\n  X .\ninput 2x8x8\nconv 3x3x3 connect t\n",
    ),
    "E069": Code(
        "a shortcut to fewer channels",
        "A shortcut has no parameters: it can add channels of zeros, but not choose which ones to "
        "leave out.",
        "input 8x4x4\nshortcut 4\n",
    ),
    "E070": Code(
        "fixed codes that do not fit",
        "ascii7x12 are bitmaps of the ten digits, 7 pixels wide and 12 high: 84 values each.",
        "input 64\nrbf 10 codes ascii7x12\n",
    ),
    "W001": Code(
        "rows or columns that are never read",
        "The last window that fits ends before the border, so the pixels behind it have no effect. "
        "Where that is meant, `# allow W001` on the line says so.",
        "input 1x9x9\nmaxpool 2\n",
    ),
    "W002": Code(
        "two linear layers with nothing between",
        "Their product is a single linear layer: the second one adds parameters and nothing else.",
        "input 64\nlinear 32\nlinear 10\n",
    ),
    "W003": Code(
        "a constant that is never used",
        "Perhaps a number should have been this name.",
        "let width = 16\ninput 8\ntanh\n",
    ),
    "W004": Code(
        "dropout behind the last linear layer",
        "It sets the scores of random classes to zero.",
        "input 64\nlinear 10\ndropout 0.5\n",
    ),
    "W005": Code(
        "a block that is never used",
        "Its layers are not in the net.",
        "block squash\n  tanh\ninput 8\nrelu\n",
    ),
    "W006": Code(
        "a bias that a batchnorm takes away",
        "The batchnorm subtracts the mean of each channel, and the bias with it: it costs time and "
        "parameters and has no effect.",
        "input 1x8x8\nconv 4x3x3\nbatchnorm\n",
    ),
    "W007": Code(
        "a table that is never used",
        "`conv … connect NAME` uses it.",
        "table t\n  X X\ninput 1x8x8\nconv 2x3x3\n",
    ),
    "W008": Code(
        "a training that does not fit into this machine's memory",
        "The estimate is the compiler's plan: weights, gradients, and the activations that a step "
        "has to keep. `lenet shapes` shows where they are.",
        "",
    ),
    "W009": Code(
        "an activation behind the scores",
        "The loss takes the softmax of the net's scores, which are any numbers. An activation "
        "bounds them, on one side or on both.",
        "input 8\nlinear 10\nrelu\ntrain\n  rate 0.1\n",
    ),
    "W010": Code(
        "a normalization of a single value",
        "With one image in a batch, a batch normalization of a vector sees one value of each "
        "channel, and subtracts it from itself.",
        "input 8\nbatchnorm\nlinear 10\ntrain\n  rate 0.1\n  batch 1\n",
    ),
}
