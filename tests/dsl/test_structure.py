"""Blocks, repeats, paths, tables and imports: what they mean, and the names of what they make."""

import time
from fractions import Fraction
from pathlib import Path

import pytest

from lenet.dsl.check import Checked, check, check_graph, reader_of
from lenet.dsl.graph import Graph
from lenet.dsl.messages.diagnostics import imports_of

ROOT = Path(__file__).parents[2]


def graph_of(text: str, **files: str) -> Graph:
    checked = check(text, read=reader_of({f"{name}.lenet": t for name, t in files.items()}))
    assert checked.graph is not None, [d.title for d in checked.diagnostics]
    return checked.graph


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


def codes(text: str, **files: str) -> list[str]:
    checked = check(text, read=reader_of({f"{name}.lenet": t for name, t in files.items()}))
    return [f"{d.code}@{d.span.file}{d.span.line}:{d.span.column}" for d in checked.diagnostics]


@pytest.mark.parametrize(
    ("spec", "parameters"),
    [("lenet5", 22278), ("resnet20", 269722), ("lenet5-1998", 60000)],
)
def test_the_parameters_of_the_published_nets(spec: str, parameters: int) -> None:
    text = (ROOT / "specs" / f"{spec}.lenet").read_text()
    checked = check(text)
    assert not checked.diagnostics
    assert checked.graph is not None and checked.graph.parameter_count == parameters


def test_the_layers_of_lenet5_of_1998() -> None:
    graph = check_graph((ROOT / "specs/lenet5-1998.lenet").read_text(), "x")
    counts = {node.name: node.parameter_count for node in graph.nodes if node.parameter_count}
    assert counts == {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48120, "F6": 10164}


@pytest.mark.parametrize(
    "line",
    ["unit wide kernel 3", "unit wide 3", "unit wide step 1", "conv wide x 3 x 3 stride step"],
)
def test_parameters_without_a_value_are_names_all_the_same(line: str) -> None:
    """In a block that nothing uses, where another's options stand behind them."""
    text = f"block unit(maps, kernel = 1, step = 1)\n  conv maps x kernel x kernel stride step\n\
block pair(wide, step)\n  {line}\n"
    assert not [code for code in codes(text) if not code.startswith("E020")]
    assert "E011@4:13" in codes(text.replace(line, "unit wide wider 3 1"))


def test_names_inside_blocks_and_repeats() -> None:
    graph = graph_of(
        "block basic(n)\n  linear n\n  add\n    path\n      tanh\n    path\ninput 8\n"
        "repeat 2 as stage1\n  basic 8\n  relu as r\nbasic 4 as last\nlinear 3"
    )
    assert names(graph) == [
        "input",
        "stage1.1.basic1.linear1", "stage1.1.basic1.add1.path1.tanh1", "stage1.1.basic1.add1",
        "stage1.1.r",
        "stage1.2.basic1.linear1", "stage1.2.basic1.add1.path1.tanh1", "stage1.2.basic1.add1",
        "stage1.2.r",
        "last.linear1", "last.add1.path1.tanh1", "last.add1", "linear1",
    ]  # fmt: skip


def test_names_stay_where_other_parts_change() -> None:
    body = "block b\n  linear 8\n  relu\ninput 8\n"
    short = names(graph_of(body + "repeat 2 as s\n  b\nlinear 3"))
    longer = names(graph_of(body + "tanh\ntanh\nrepeat 3 as s\n  b\nrepeat 2\n  b\nlinear 3"))
    assert [n for n in longer if n in short] == short


def test_parameters_by_place_by_name_and_by_default() -> None:
    block = "block b(width, step = 2, more = step)\n  conv width x 1 x 1 stride step\n"
    for use, shape in (
        ("b 4", (4, 5, 5)), ("b width 4", (4, 5, 5)), ("b 4 3", (4, 4, 4)),
        ("b 4 step 3", (4, 4, 4)), ("b step 3 width 4", (4, 4, 4)), ("b (2+2) step 1", (4, 10, 10)),
    ):  # fmt: skip
        text = block.replace(", more = step", "") + f"input 1x10x10\n{use}  # allow W001"
        assert graph_of(text).output == shape, use


def test_parameters_shadow_constants_and_pass_on() -> None:
    text = (
        "let n = 3\nlet step = 2\nblock inner(n, step = 1)\n  linear n*step\n"
        "block outer(n, step)\n  inner n step step\ninput 5\nouter 7 step step\nrelu\nlinear n"
    )
    graph = graph_of(text)
    assert [node.shape for node in graph.nodes] == [(5,), (14,), (14,), (3,)]


def test_a_parameter_may_be_called_like_an_option() -> None:
    block = "block b(width, stride = 1, pad = 1)\n  conv width x 3 x 3 stride stride pad pad\n"
    assert graph_of(block + "input 1x9x9\nb 2 stride 2").output == (2, 5, 5)
    swapped = block.replace("stride stride pad pad", "stride pad pad stride")
    assert graph_of(swapped + "input 1x9x9\nb 2 stride 2").output == (2, 11, 11)
    assert codes("let pad = 2\ninput 1x9x9\nconv 2x3x3 stride pad 1\nlinear pad") == ["E012@3:12"]


def test_a_block_sees_the_constants_of_its_own_file_only() -> None:
    text = 'import "b"\nlet k = 2\ninput 4\nwide\nlinear k'.replace('"b"', '"b.lenet"')
    shadow = "let width = 5\nblock wide\n  linear width\n  relu\n"
    assert [n.shape for n in graph_of(text, b=shadow).nodes] == [(4,), (5,), (5,), (2,)]
    missing = "block wide\n  linear k\n  relu\n"
    assert codes(text, b=missing) == ["E014@b.lenet2:10"]


def test_repeat() -> None:
    assert len(graph_of("input 8\nrepeat 3\n  relu").nodes) == 4
    assert len(graph_of("let n = 2\ninput 8\nrepeat n*2\n  relu").nodes) == 5
    assert graph_of("input 8\nrepeat 0\n  linear 3\ntanh").output == (8,)
    nested = graph_of("input 8\nrepeat 2 as a\n  repeat 2 as b\n    relu")
    assert names(nested)[1:] == ["a.1.b.1.relu1", "a.1.b.2.relu1", "a.2.b.1.relu1", "a.2.b.2.relu1"]
    assert graph_of("input 4x16x16\nrepeat 3    -> 4x2x2\n  maxpool 2").output == (4, 2, 2)


def test_squeeze_and_excitation_from_its_file() -> None:
    text = (ROOT / "specs/blocks/squeeze.lenet").read_text()
    use = 'import "blocks/squeeze.lenet"\ninput 8x5x5\nsqueeze 8 2\nsqueeze narrow 4 width 8'
    checked = check(use, read=reader_of({"blocks/squeeze.lenet": text}))
    assert not checked.diagnostics and checked.graph is not None
    assert checked.graph.output == (8, 5, 5)
    assert checked.graph.parameter_count == (8 * 2 + 2 + 2 * 8 + 8) + (8 * 4 + 4 + 4 * 8 + 8)


def test_one_value_for_each_channel() -> None:
    """In sums and products, wherever the map is; not in `concat`, and not of other numbers."""
    for join in ("add", "multiply"):
        for one in ("avgpool all", "maxpool 5", "conv 8x5x5"):
            for paths in (f"  path\n    {one}\n  path\n", f"  path\n  path\n    {one}\n"):
                graph = graph_of(f"input 8x5x5\n{join}\n{paths}relu")
                assert graph.output == (8, 5, 5)
        small = f"input 8x5x5\n{join}\n  path\n    avgpool all\n  path\n    maxpool 5\ntanh"
        assert graph_of(small).output == (8, 1, 1)
        for wrong in ("conv 7x5x5", "conv 1x5x5", "avgpool all\n    linear 7"):
            text = f"input 8x5x5\n{join}\n  path\n    {wrong}\n  path\nrelu"
            assert codes(text) == ["E064@3:3"], wrong
    assert codes("input 8x5x5\nconcat\n  path\n  path\n    avgpool all") == ["E064@4:3"]


def test_paths() -> None:
    graph = graph_of(
        "input 4x6x6\nconcat    as both   -> 9x6x6\n  path as left\n    conv 5x1x1\n  path\nrelu"
    )
    assert names(graph) == ["input", "both.left.conv1", "both", "relu1"]
    assert graph.nodes[2].inputs == ("both.left.conv1", "input")
    assert graph.nodes[2].input_shapes == ((5, 6, 6), (4, 6, 6))
    same = graph_of("input 4\nadd\n  path\n  path\n  path")
    assert same.nodes[1].inputs == ("input",) * 3
    assert graph_of("input 4\nconcat\n  path\n    linear 3\n  path\n    linear 2").output == (5,)


def test_connection_tables() -> None:
    graph = graph_of("table t\n  X . X\n  X X .\ninput 2x5x5\nconv 3x3x3 connect t")
    (weight, bias) = graph.nodes[1].parameters
    assert weight.shape == (3, 2, 3, 3) and weight.count == 4 * 9 and bias.count == 3
    assert weight.mask == ((True, True), (False, True), (True, False))
    assert graph.nodes[1].macs == 3 * 3 * 4 * 9


def test_imports() -> None:
    blocks = 'import "more/tables.lenet"\nlet width = 3\nblock b\n  conv 2x3x3 connect t\n  relu\n'
    tables = "table t\n  X X\ninput 9\nnot a net\n"
    read = reader_of({"lib/blocks.lenet": blocks, "lib/more/tables.lenet": tables})
    text = 'import "lib/blocks.lenet"\ninput 1x5x5\nb\nreshape 2*3*3\nlinear width'
    checked = check(text, read=read)
    assert checked.graph is not None, [d.title for d in checked.diagnostics]
    assert checked.graph.output == (3,)
    assert [node.file for node in checked.graph.nodes] == ["", "lib/blocks.lenet",
                                                           "lib/blocks.lenet", "", ""]  # fmt: skip
    assert set(checked.graph.imports) == {"lib/blocks.lenet", "lib/more/tables.lenet"}
    again = check_graph(text, "x", None, checked.graph.imports)
    assert again.nodes == checked.graph.nodes
    # Twice on different ways is once.
    both = 'import "lib/more/tables.lenet"\n' + text
    assert check(both, read=read).graph is not None


def test_what_is_wrong_with_imports(tmp_path: Path) -> None:
    cycle = {"a": 'import "b.lenet"\nblock x\n  tanh\n', "b": 'import "a.lenet"\n'}
    assert codes('import "a.lenet"\ninput 8\nx', **cycle) == ["E066@b.lenet1:8"]
    assert codes('import "a.lenet"\ninput 8\nx', a="block x\n  tanhh\n") == ["E010@a.lenet2:3"]
    assert codes('import "a.lenet"\nlet w = 1\ninput 8\nlinear w', a="let w = 2") == ["E022@2:5"]
    # Its names are missing; that is no second mistake.
    assert codes('import "a.lenet"\ninput 8\nx 4\nlinear 3') == ["E065@1:8"]
    (tmp_path / "latin.lenet").write_bytes(b"# \xe9\n")
    (tmp_path / "folder.lenet").mkdir()
    for name in ("latin", "folder"):
        text = f'import "{name}.lenet"\ninput 8\ntanh'
        (found,) = check(text, read=imports_of(tmp_path / "net.lenet")).diagnostics
        assert found.code == "E065"


def test_a_mistake_in_a_block_is_reported_once() -> None:
    assert codes("block b\n  conv 2x3x3\n  foo 3\n  relu\ninput 1x9x9\nb\nb\nb") == ["E010@3:3"]
    assert codes("block b\n  foo 3\ninput 8\nrelu") == ["E010@2:3"]  # though nothing uses it
    assert codes("input 8\nrepeat 5\n  linear 3 bais no\n  relu") == ["E011@3:12"]
    assert codes("input 8\nadd\n  path\n    foo\n  path\nlinear 3") == ["E010@4:5"]


TEN = """input 1x28x28
dense 10
conv 6x5x5 strde 2
conv 6y5
maxpool 2 -> 6x3x3 as p
linear width
let side = 1/0
data mnits
train
  rate fast
  batch
  stop after 20
"""


def test_an_unused_block_with_parameters_is_a_warning() -> None:
    text = "block basic(n)\n  linear n\n  conv n x 3 x 3\n\ninput 9\n"
    assert codes(text) == ["W005@1:7"] and check(text).graph is not None


def test_ten_mistakes_are_ten() -> None:
    assert codes(TEN) == [
        "E010@2:1", "E011@3:12", "E002@4:7", "E002@5:20", "E014@6:8", "E015@7:12", "E051@8:6",
        "E014@10:8", "E055@11:3", "E052@12:14",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "input 8\n" + "".join(f"{'  ' * k}repeat 10\n" for k in range(38)) + "  " * 38 + "relu",
        "input 8\n" + "".join(f"{'  ' * k}repeat 2\n" for k in range(39)) + "  " * 39 + "relu",
        "input 8\nrepeat 1000000\n  relu",
        "input 8\nrepeat 10000\n  repeat 10000\n    foo",
        "block a\n  repeat 10000\n    relu\n" + "input 8\nrepeat 10000\n  a",
        "".join(f"block b{k}\n  b{k + 1}\n  b{k + 1}\n" for k in range(60))
        + "block b60\n  relu\ninput 8\nb0",
        "input 8\n" + "".join(f"{'  ' * k}{'add' if k % 2 == 0 else 'path'}\n" for k in range(60)),
        "input " + "9" * 300 + "\nlinear 9",
        "input 2147483647x2147483647x2147483647\nconv 2147483647x1x1",
        "input 8\nlinear 2147483647\nlinear 2147483647",
        "let a = 9e299\nlet b = a*a\ninput b",
        "block a\n  a\ninput 8\na",
    ],
    ids=range(12),
)  # fmt: skip
def test_what_could_fill_the_memory_is_a_quick_mistake(text: str) -> None:
    started = time.process_time()
    checked: Checked = check(text)
    assert checked.diagnostics and checked.graph is None
    assert len(checked.lowered.nodes) <= 5_000
    assert time.process_time() - started < 10  # a hang, not a slow machine


def test_constants_may_be_set_from_outside() -> None:
    text = "let depth = 2\nlet width = 8\ninput 8\nrepeat depth\n  linear width\n  relu"
    graph = check_graph(text, "x", {"depth": Fraction(3), "width": Fraction(5)})
    assert [node.shape for node in graph.nodes if node.kind == "linear"] == [(5,)] * 3


def test_long_chains_of_blocks() -> None:
    blocks = ["block b0\n  relu"] + [f"block b{k}\n  b{k - 1}" for k in range(1, 300)]
    deep = check("\n".join([*blocks, "input 8", "b299"]))
    assert [d.code for d in deep.diagnostics] == ["E006"]
    # Nothing uses them, but each uses the one before it twice: 2**89 lines, were they written out.
    doubled = ["block b0\n  relu"] + [f"block b{k}\n  b{k - 1}\n  b{k - 1}" for k in range(1, 90)]
    unused = check("\n".join([*doubled, "input 8", "linear 2"]))
    assert [d.code for d in unused.diagnostics] == ["W005"]


def test_all_missing_values_of_a_block_are_named() -> None:
    (found,) = check("block b(rows, wide)\n  linear rows*wide\ninput 8\nb").diagnostics
    assert found.code == "E012" and "rows and its wide" in found.title


def test_an_import_that_fails_is_reported_once() -> None:
    files = {
        "a.lenet": 'import "missing.lenet"\nlet wide = other\nblock one\n  tanh\n',
        "b.lenet": 'import "missing.lenet"\nlet 3 = high\n',
    }
    text = 'import "a.lenet"\nimport "b.lenet"\ninput 1x8x8\none\nconv 6x3x3 connect what\n'
    text += "reshape 6*6*6\nlinear wide\nlinear unknown\nsomething\n"
    checked = check(text, read=reader_of(files))
    codes = [(d.span.file, d.code) for d in checked.diagnostics]
    assert codes == [("a.lenet", "E065"), ("b.lenet", "E002")]


def test_warnings_are_allowed_where_they_are() -> None:
    files = {"a.lenet": "block dull\n  linear 4\n  linear 4  # allow W002\n"}
    text = 'import "a.lenet"\ninput 8\ndull'
    assert not check(text, read=reader_of(files)).diagnostics
    # Another file's comment in the same line says nothing about this one.
    silent = {"a.lenet": files["a.lenet"].split("  #")[0]}
    text = 'import "a.lenet"\ninput 8\ndull  # allow W002'
    assert [d.code for d in check(text, read=reader_of(silent)).diagnostics] == ["W002"]


def test_the_smallest_input_is_only_named_where_it_works() -> None:
    net = "input 1x4x4\nconv 2x5x5\nmaxpool 2\nreshape {}\nlinear 10\n"
    (found, *_) = check(net.format(2)).diagnostics
    assert "the smallest that works" in found.fix
    (found, *_) = check(net.format(50)).diagnostics
    assert found.code == "E030" and "smallest" not in found.fix


def test_dropout_in_a_path_beside_the_last_linear_layer() -> None:
    text = """input 8
linear 8
relu
add
  path
    dropout 0.5
  path
    linear 8
linear 3
logsoftmax
"""
    assert not check(text).diagnostics
    late = text.replace("linear 3", "linear 3\ndropout 0.5")
    assert [d.code for d in check(late).diagnostics] == ["W004"]
