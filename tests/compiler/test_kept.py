"""Under which digest the machine code of a function is kept, and which functions share it."""

from pathlib import Path

import numpy as np
import pytest

from lenet.compiler.jit import kept
from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.simd.content import described, digest_of
from lenet.compiler.simd.kernel import Kernel
from lenet.compiler.simd.table import Table
from lenet.dsl.check import check_graph


def test_modules_beside_count_since_they_are_linked_in(tmp_path: Path) -> None:
    def digest() -> str:
        kept._place_of.cache_clear()
        return kept._place_of(str(tmp_path / "one.py"))[0]

    (tmp_path / "one.py").write_text("x = 1\n")
    alone = digest()
    (tmp_path / "two.py").write_text("x = 2\n")
    together = digest()
    (tmp_path / "two.py").write_text("x = 3\n")
    changed = digest()
    assert len({alone, together, changed}) == 3
    (tmp_path / "notes.txt").write_text("anything\n")
    assert digest() == changed
    other = kept._place_of(str(tmp_path / "two.py"))[0]
    assert other != changed


def loaded_of(net: str, folder: Path) -> Loaded:
    return load(compile_graph(check_graph(net, "x")), folder)


def kernels_of(loaded: Loaded) -> dict[str, Kernel]:
    return {n: f for n, f in vars(loaded._module).items() if isinstance(f, Kernel)}


def test_what_another_net_has_is_taken_from_the_cache(tmp_path: Path) -> None:
    """Where a layer has been added, the others need not be compiled again; nor those of a net whose
    layers are called otherwise."""
    net = "input 12\nlinear 7\ntanh\nlinear 3{}\nlogsoftmax"
    first, longer = loaded_of(net.format(""), tmp_path), loaded_of(net.format("\nrelu"), tmp_path)
    assert not first.compile("train_slice", "predict_slice").from_cache
    before = set((tmp_path / "kernels" / kept.CODE).glob("*.nbi"))
    assert not longer.compile("train_slice", "predict_slice").from_cache
    added = set((tmp_path / "kernels" / kept.CODE).glob("*.nbi")) - before
    old, new = kernels_of(first), kernels_of(longer)
    assert old["linear1_forward"].dispatcher is new["linear1_forward"].dispatcher
    assert old["train_slice"].dispatcher is not new["train_slice"].dispatcher
    assert len(added) < len(before) / 2
    named = loaded_of(net.format("").replace("linear 7", "linear 7 as other"), tmp_path)
    assert named.compile("train_slice", "predict_slice").from_cache


def made(text: str, **known: object) -> str:
    scope = dict(known)
    exec(text, scope)
    return digest_of(scope["f"], "Kernel")  # type: ignore[arg-type]


@described
def factory(size: int) -> object:
    return object()


def test_what_counts_for_a_function() -> None:
    text = 'def f(arena, x):\n    """Doc."""\n    return g(x, 3)\n'
    g = factory(1)
    same = made(text, g=g)
    assert made(text.replace("Doc", "Other"), g=factory(1)) == same  # nor does its line
    assert made("\n\n" + text.replace("g(", "h("), h=g) == same  # nor what others are called
    changed = {
        made(text, g=factory(2)),
        made(text.replace("3", "4"), g=g),
        made(text.replace("3", "3.0"), g=g),
        made(text.replace("arena", "weights"), g=g),
        made(text.replace("):", ") -> bool:"), g=g),
        made(text, g=Table([[1, 2]])),
        made(text, g=Table([[1], [2]])),
        made(text, g=Table([[1, 3]])),
        made(text, g=np),
        made(text, g=np.arange(3)),
        made(text, g=np.arange(3) > 0),
    }
    assert len(changed) == 11 and same not in changed
    with pytest.raises(AssertionError, match="nothing tells what g is made of"):
        made(text, g=lambda x, y: x)
