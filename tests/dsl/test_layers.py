"""Each entry of the vocabulary, and the shapes of windows against the reference."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet.dsl.check import check
from lenet.dsl.graph import Graph
from lenet.dsl.registry import Layer, layers, suggest_layer
from lenet.dsl.syntax.fix import apply_edits
from reference import LAYERS, sides

EACH = pytest.mark.parametrize("layer", layers().values(), ids=layers())
PAIR = st.tuples(st.integers(1, 4), st.integers(1, 4))


def graph_of(text: str) -> Graph:
    checked = check(text)
    assert checked.graph is not None, [d.title for d in checked.diagnostics]
    return checked.graph


@EACH
def test_the_example_is_a_layer(layer: Layer) -> None:
    shapes = {"linear": "192", "rbf": "192", "reshape": "12x4x4", "crop": "3x32x32", "slice": "32"}
    usual = "12x8" if layer.steps else "4 words of 9" if layer.reads_codes else "12x8x8"
    shape = shapes.get(layer.name, usual)
    before = "" if layer.name == "input" else f"input {shape}\n"
    graph = graph_of(before + layer.example)
    assert graph.nodes[-1].kind == layer.name
    assert layer.example.split()[0] == layer.name


@EACH
def test_it_is_documented(layer: Layer) -> None:
    assert layer.summary.endswith(".")
    for argument in (*layer.arguments, *layer.options):
        assert argument.doc
        assert argument.expected


@EACH
def test_other_words_lead_to_it(layer: Layer) -> None:
    for alias in layer.aliases:
        assert suggest_layer(alias) == layer.name
        assert suggest_layer(alias.upper()) == layer.name
        assert alias not in layers()
    assert suggest_layer(layer.name.capitalize()) == layer.name


@pytest.mark.parametrize(
    ("word", "layer"),
    [
        ("dense", "linear"),
        ("fc", "linear"),
        ("Linear", "linear"),
        ("Conv2d", "conv"),
        ("Flatten", "flatten"),
        ("view", "reshape"),
        ("MaxPool2d", "maxpool"),
        ("ReLU", "relu"),
        ("linaer", "linear"),
        ("log_softmax", "logsoftmax"),
        ("trian", "train"),
        ("zzz", None),
    ],
)
def test_words_of_others(word: str, layer: str | None) -> None:
    assert suggest_layer(word) == layer


def test_no_alias_means_two_layers() -> None:
    aliases = [alias for layer in layers().values() for alias in layer.aliases]
    assert len(aliases) == len(set(aliases))


@EACH
def test_it_has_kernels_and_a_reference(layer: Layer) -> None:
    importlib.import_module(f"lenet.compiler.kernels.{layer.name}")
    # What reads codes has its reference in tests/compiler/test_codes.py.
    assert layer.name == "input" or layer.reads_codes or layer.name in LAYERS


@EACH
def test_what_it_makes_of_maps_and_vectors(layer: Layer) -> None:
    """A layer takes a shape or refuses it; the parameters' sizes never follow from a guess."""
    for shape in ("7", "1x1x1", "2x9x7"):
        checked = check(f"input {shape}\n{layer.example}")
        assert len(checked.diagnostics) <= 1
        if checked.graph is not None:
            node = checked.graph.nodes[-1]
            assert len(node.shape) in (1, 3)
            assert all(size > 0 for size in node.shape)
            assert node.macs >= 0


# Windows


def reference_shape(
    kind: str, given: tuple[int, int, int], window: tuple[int, int], **attributes: object
) -> tuple[int, ...]:
    parameters = {"weight": np.zeros((5, given[0], *window))} if kind == "conv" else {}
    attributes |= {"kernel" if kind == "conv" else "window": window, "bias": False}
    output, _ = LAYERS[kind].forward(np.zeros((1, *given)), parameters, attributes)
    return output.shape[1:]


@settings(deadline=None)
@given(
    kind=st.sampled_from(["conv", "maxpool", "avgpool"]),
    size=st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)),
    window=PAIR,
    stride=st.none() | PAIR,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    up=st.booleans(),
)
def test_windows(
    kind: str,
    size: tuple[int, int, int],
    window: tuple[int, int],
    stride: tuple[int, int] | None,
    padding: tuple[int, int],
    up: bool,
) -> None:
    if kind == "avgpool":
        padding = (0, 0)
    up &= kind != "conv"
    line = (
        f"conv 5x{window[0]}x{window[1]}" if kind == "conv" else f"{kind} {window[0]}x{window[1]}"
    )
    line += f" stride {stride[0]}x{stride[1]}" if stride else ""
    line += f" pad {padding[0]}x{padding[1]}" if kind != "avgpool" else ""
    line += " round up" if up else ""
    checked = check(f"input {size[0]}x{size[1]}x{size[2]}\n{line}")
    if kind == "maxpool" and any(2 * p > w for p, w in zip(padding, window, strict=True)):
        assert [d.code for d in checked.diagnostics] == ["E016"]
        return
    rooms = [size[1 + k] + 2 * padding[k] - window[k] for k in (0, 1)]
    if min(rooms) < 0:
        assert [d.code for d in checked.diagnostics] == ["E030"]
        return
    assert checked.graph is not None
    steps = stride or ((1, 1) if kind == "conv" else window)
    rounding = {"round": "up"} if up else {}
    expected = reference_shape(kind, size, window, stride=steps, padding=padding, **rounding)
    assert checked.graph.output == expected
    dropped = any(rooms[k] % steps[k] > padding[k] and window[k] >= steps[k] for k in (0, 1))
    assert [d.code for d in checked.diagnostics] == ["W001"] * (dropped and not up)


@settings(deadline=None)
@given(
    kind=st.sampled_from(["conv", "maxpool"]),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    window=PAIR,
    stride=PAIR,
    dilate=PAIR,
)
def test_pad_same_gives_an_output_for_each_stride(
    kind: str,
    size: tuple[int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilate: tuple[int, int],
) -> None:
    """With as few rows and columns as can be, the odd one behind."""
    line = f"{window[0]}x{window[1]} stride {stride[0]}x{stride[1]} pad same"
    dilated = kind == "conv"
    line = f"conv 5x{line} dilate {dilate[0]}x{dilate[1]}" if dilated else f"maxpool {line}"
    node = graph_of(f"input 2x{size[0]}x{size[1]}\n{line}").nodes[-1]
    assert node.shape[1:] == (-(-size[0] // stride[0]), -(-size[1] // stride[1]))
    for axis, (before, behind) in enumerate(sides(node.arguments["pad"])):
        reach = (window[axis] - 1) * (dilate[axis] if dilated else 1) + 1
        least = (node.shape[1 + axis] - 1) * stride[axis] + reach - size[axis]
        assert before + behind == max(0, least) and behind - before in (0, 1)


@settings(deadline=None)
@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    window=PAIR,
    stride=PAIR,
    dilate=PAIR,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    extra=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_transposed_windows(
    size: tuple[int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilate: tuple[int, int],
    padding: tuple[int, int],
    extra: tuple[int, int],
) -> None:
    """A convolution with the same window, stride and pad leads back to the input's size."""
    back = f"stride {stride[0]}x{stride[1]} dilate {dilate[0]}x{dilate[1]}"
    line = f"upconv 5x{window[0]}x{window[1]} {back}"
    more = f"pad {padding[0]}x{padding[1]} extra {extra[0]}x{extra[1]}"
    checked = check(f"input 2x{size[0]}x{size[1]}\n{line} {more}")
    reach = [(window[k] - 1) * dilate[k] + 1 for k in (0, 1)]
    rooms = [(size[k] - 1) * stride[k] + reach[k] + extra[k] - 2 * padding[k] for k in (0, 1)]
    if min(rooms) < 1 or any(e >= s for e, s in zip(extra, stride, strict=True)):
        assert [d.code for d in checked.diagnostics] == ["E016"]
        return
    assert checked.graph is not None and checked.graph.output == (5, *rooms)
    attributes = {"stride": stride, "dilation": dilate, "padding": padding}
    given = np.zeros((1, 2, *rooms))
    parameters = {"weight": np.zeros((5, 2, *window))}
    attributes |= {"kernel": window, "bias": False}
    assert LAYERS["conv"].forward(given, parameters, attributes)[0].shape[2:] == size
    same = graph_of(f"input 2x{size[0]}x{size[1]}\n{line} pad same").output
    assert same == (5, size[0] * stride[0], size[1] * stride[1])


def test_a_constant_may_be_called_same() -> None:
    graph = graph_of("let same = 2\ninput 1x8x8\nconv 4x3x3 pad same")
    assert graph.output == (4, 10, 10)


def test_sides_of_a_map() -> None:
    """Each may differ from `pad`; where none does, nothing is said."""
    node = graph_of("input 1x8x8\nconv 4x3x3 pad 1 top 0 right 2").nodes[-1]
    assert node.shape == (4, 7, 9) and node.arguments["pad"] == (0, 1, 1, 2)
    one = graph_of("input 1x8x8\nconv 4x3x3 top 1 bottom 1 left 2 right 2").nodes
    assert one == graph_of("input 1x8x8\nconv 4x3x3 pad 1x2").nodes


def test_what_says_nothing_is_nothing() -> None:
    one = graph_of("input 2x9x9\nconv 4x3x3 groups 1 dilate 1")
    assert one.nodes == graph_of("input 2x9x9\nconv 4x3x3").nodes


def test_one_size_stands_for_both() -> None:
    one = graph_of("input 2x9x9\nmaxpool 3 stride 2 pad 1\nconv 4x3x3 stride 2 pad 1\navgpool 3")
    two = graph_of(
        "input 2x9x9\nmaxpool 3x3 stride 2x2 pad 1x1\nconv 4x3x3 stride 2x2 pad 1x1\navgpool 3x3"
    )
    assert one.nodes == two.nodes


@pytest.mark.parametrize("kind", ["avgpool", "maxpool"])
def test_all_of_a_map(kind: str) -> None:
    assert graph_of(f"input 7x5x3\n{kind} all").output == (7,)
    assert graph_of(f"input 7x5x3\n{kind} all round up").output == (7,)


@pytest.mark.parametrize(
    ("line", "shape", "margins"),
    [
        ("pad 1", (3, 9, 10), (1, 1, 1, 1)),
        ("pad 0x2", (3, 7, 12), (0, 0, 2, 2)),
        ("pad bottom 1 right 2", (3, 8, 10), (0, 1, 0, 2)),
        ("pad 1 left 0", (3, 9, 9), (1, 1, 0, 1)),
        ("crop 7x8", (3, 7, 8), (0, 0, 0, 0)),
        ("crop 4x5", (3, 4, 5), (1, 2, 1, 2)),
        ("crop top 6", (3, 1, 8), (6, 0, 0, 0)),
        ("crop left 1 bottom 2", (3, 5, 7), (0, 2, 1, 0)),
    ],
)
def test_margins(line: str, shape: tuple[int, ...], margins: tuple[int, ...]) -> None:
    """Above, below, left and right; of an odd number, one more at the end."""
    node = graph_of(f"input 3x7x8\n{line}").nodes[-1]
    assert (node.shape, node.arguments["margins"]) == (shape, margins)


@pytest.mark.parametrize(
    ("given", "line", "shape"),
    [
        ("16x4x5", "slice 0 to 16", (16, 4, 5)),
        ("16x4x5", "slice 3", (13, 4, 5)),
        ("16x4x5", "slice to 1", (1, 4, 5)),
        ("16", "slice 3 to 5", (2,)),
        ("16x4x5", "shuffle 16", (16, 4, 5)),
        ("16", "shuffle 2", (16,)),
        ("2x4x5", "upsample 3", (2, 12, 15)),
        ("2x4x5", "upsample 1x2 bilinear", (2, 4, 10)),
    ],
)
def test_moved_values(given: str, line: str, shape: tuple[int, ...]) -> None:
    assert graph_of(f"input {given}\n{line}").output == shape


@pytest.mark.parametrize(
    ("size", "line", "out"),
    [
        (112, "maxpool 3 stride 2 round up", 56),  # GoogLeNet's and SqueezeNet's
        (111, "maxpool 3 stride 2 round up", 55),
        (14, "maxpool 3 stride 2 round up", 7),
        (6, "maxpool 2 stride 2 pad 1 round up", 4),
        (5, "maxpool 2 stride 2 pad 1 round up", 3),  # one more would begin in the padding
        (5, "avgpool 1 stride 3 round up", 2),
        (10, "avgpool 3 round up", 4),
    ],
)
def test_rounding_up(size: int, line: str, out: int) -> None:
    """As PyTorch's ceil_mode."""
    assert graph_of(f"input 1x{size}x{size}\n{line}").output == (1, out, out)


@pytest.mark.parametrize(
    ("text", "parameters", "macs"),
    [
        ("input 3x8x8\nconv 5x3x2", 5 * 3 * 3 * 2 + 5, 5 * 6 * 7 * 3 * 3 * 2),
        ("input 3x8x8\nconv 5x3x3 stride 2 pad 1 bias no", 5 * 27, 5 * 16 * 27),
        ("input 6x8x8\nconv 9x3x3 groups 3", 9 * 2 * 9 + 9, 9 * 36 * 2 * 9),
        ("input 4x9x9\nconv 4x3x3 groups 4 dilate 2 bias no", 36, 4 * 25 * 9),
        ("input 6x8x8\ndepthwise 3 multiplier 2", 12 * 9 + 12, 12 * 36 * 9),
        ("input 6x8x7\nupconv 5x3x2 stride 2", 6 * 5 * 6 + 5, 6 * 56 * 5 * 6),
        ("input 30\nlinear 7", 217, 210),
        ("input 30\nlinear 7 bias no", 210, 210),
        ("input 3x8x8\nmaxpool 2\ntanh\nreshape 48", 0, 0),
    ],
)
def test_parameters_and_multiply_adds(text: str, parameters: int, macs: int) -> None:
    graph = graph_of(text)
    assert graph.parameter_count == parameters
    assert sum(node.macs for node in graph.nodes) == macs


@pytest.mark.parametrize(
    "kind", ["tanh", "relu", "sigmoid", "softmax", "logsoftmax", "dropout 0.5"]
)
@pytest.mark.parametrize("shape", ["8", "2x4x3"])
def test_layers_that_keep_the_shape(kind: str, shape: str) -> None:
    graph = graph_of(f"input {shape}\n{kind}")
    assert graph.output == graph.input


def test_dropout_takes_every_part_but_all() -> None:
    for probability in ("0", "0.999", "1/3"):
        graph_of(f"input 8\ndropout {probability}")
    assert [d.code for d in check("input 8\ndropout 1").diagnostics] == ["E016"]


def test_a_switch_may_stand_first() -> None:
    one, other = (graph_of(f"input 4x3x3\n{line}") for line in (
        "dropout channels 0.2", "dropout 0.2 channels"
    ))  # fmt: skip
    assert one.nodes == other.nodes and one.nodes[1].arguments["channels"] is True
    assert [d.code for d in check("input 4x3x3\ndropout channels").diagnostics] == ["E012"]
    assert [d.code for d in check("input 4\ndropout 0.2 channels channels").diagnostics] == ["E017"]


@pytest.mark.parametrize("word", ["dropout2d", "SpatialDropout2D"])
def test_a_word_that_is_two_words_here(word: str) -> None:
    text = f"input 4x3x3\n{word} 0.2\nflatten\nlinear 10\n"
    (found,) = check(text).diagnostics
    assert found.fix == "did you mean `dropout channels`?"
    assert check(apply_edits(text, [found.edits])).graph is not None


@pytest.mark.parametrize("shape", ["24", "2x4x3", "24x1x1"])
def test_flatten_makes_a_vector_of_anything(shape: str) -> None:
    flat = graph_of(f"input {shape}\nflatten\nlinear 3")
    assert flat.nodes[1].shape == (24,)
    assert flat.parameter_count == 75


def test_layers_that_rearrange_may_follow_the_output() -> None:
    for line in ("flatten", "reshape 10"):
        assert check(f"input 10x1x1\nlogsoftmax\n{line}\n").graph is not None
    assert [d.code for d in check("input 10x1x1\nlogsoftmax\ntanh\n").diagnostics] == ["E039"]


@pytest.mark.parametrize("line", ["conv 4x1x1 stride 2", "maxpool 1 stride 3", "avgpool 2 stride 3",
                                  "subsample 2 stride 4", "conv 4x2x2 stride 3"])  # fmt: skip
def test_windows_that_skip_by_intent_are_no_mistake(line: str) -> None:
    assert not check(f"input 2x10x9\n{line}").diagnostics


def test_a_window_that_skips_one_way_may_still_ignore_the_other() -> None:
    (found,) = check("input 1x10x10\nmaxpool 1x4 stride 3x4").diagnostics
    assert found.code == "W001" and "2 columns" in found.title and "row" not in found.title


@pytest.mark.parametrize("pad", [" pad 0", " pad same", " top 0 left 0"])
def test_a_pool_of_a_whole_map_has_no_margins(pad: str) -> None:
    graphs = [check(f"input 4x12x9\nmaxpool all{text}\nlinear 3").graph for text in ("", pad)]
    first, second = (graph.nodes[1].arguments for graph in graphs if graph is not None)
    assert first["pad"] == second["pad"] == (0, 0) and first["window"] == (12, 9)
