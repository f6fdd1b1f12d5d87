"""What a picture shows of a net: names and sizes as they are written, shapes of repeats."""

import re

from lenet.dsl.check import check_graph
from lenet.pages.draw import draw_svg


def words(text: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", draw_svg(check_graph(text, "t"), "t"))


def test_names_are_shown_as_they_are_written() -> None:
    shown = words(
        "input 1x8x8 as input\nconv 6x5x5 as conv1\ntanh\nconv 6x3x3 as a.b\nrelu as tanh2\n"
    )
    assert {"input: input", "conv1: conv 6x5x5", "tanh", "a.b: conv 6x3x3", "tanh2: relu"} <= {
        *shown
    }


def test_names_of_repeats_and_blocks() -> None:
    text = "block b\n  tanh\n  relu\ninput 8\nb as b1\nb\nrepeat 2 as repeat1\n  tanh\n"
    shown = words(text + "repeat 3\n  relu\n")
    assert {"b1: b", "b", "repeat1: 2 times", "3 times"} <= {*shown}


def test_names_of_joins_and_paths() -> None:
    shown = words("input 8\nadd as add1\n  path as left\n    tanh\n  path as path2\n")
    assert {"add1: 8", "left", "path2"} <= {*shown}


def test_sizes_are_shown_as_they_are_written() -> None:
    shown = words(
        "let n = 2\ninput 1x8x8\nconv (2*3)x5x5\nreshape 6*4*4\nlinear n*50\nreshape 4x5x5\n"
        "maxpool 2x3 stride 1\navgpool all\nlinear 10\nflatten\n"
    )
    assert {"input", "conv (2*3)x5x5", "reshape 6*4*4", "linear 2*50", "reshape 4x5x5",
            "maxpool 2x3 stride 1", "avgpool all", "flatten", "linear 10"} <= {*shown}  # fmt: skip


def test_what_moves_values_is_shown_as_it_is_written() -> None:
    lines = [
        "upsample 2 bilinear", "upsample 1x3 nearest", "pad 1", "pad top 0 left 2", "crop 6x5",
        "crop bottom 1", "slice 2 to 6", "slice 1 to 4", "shuffle 3", "maxpool 3 stride 2 round up",
        "maxpool all",
    ]  # fmt: skip
    assert {*lines} <= {*words("input 8x5x6\n" + "\n".join(lines))}


def test_a_repeat_shows_both_its_shapes() -> None:
    shown = words("input 4x16x16\nrepeat 3\n  maxpool 2\nrepeat 2\n  add\n    path\n    path\n")
    assert "4x16x16 → 4x2x2" in shown and "4x2x2 → 4x2x2" in shown
    inner = words("input 8\nrepeat 2\n  repeat 3\n    linear 8\n    tanh\n  linear 5\n  linear 8\n")
    assert inner.count("8 → 8") == 2
    join = "add\n    path\n    path\n      tanh"
    first = words(f"input 8\nlinear 4\nrepeat 1\n  {join}\n  linear 3\n")
    assert "4 → 3" in first


def test_a_frame_is_as_wide_as_its_words() -> None:
    name = "a_very_long_name_for_something_that_is_repeated_so_often"
    drawn = draw_svg(check_graph(f"input 8\nrepeat 2 as {name}\n  tanh\n", "t"), "t")
    frame = re.search(r'class="frame" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    right = re.search(r'x="([\d.]+)"[^>]*text-anchor="end">8 → 8<', drawn)
    assert frame is not None and right is not None
    begin = float(frame[1]) + 9 + 6.2 * len(f"{name}: 2 times")
    assert begin < float(right[1]) - 6 * len("8 → 8") <= float(frame[1]) + float(frame[2])
