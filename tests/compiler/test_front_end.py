"""numba in less time: what it makes of our functions, and of others that it compiles meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import base, postproc
from numba.core.codegen import CPUCodeLibrary
from numba.core.types.functions import BaseFunction

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.simd import front_end
from lenet.compiler.simd.kernel import Kernel
from lenet.dsl.check import check_graph


def loaded_of(net: str, folder: Path) -> Loaded:
    return load(compile_graph(check_graph(net, "test.lenet")), folder)


def in_numba() -> list[Any]:
    return [
        numba.config.OPT, BaseFunction.get_call_type, postproc.PostProcessor.run,
        CPUCodeLibrary._optimize_final_module, base._has_loc,
    ]  # fmt: skip


def test_our_functions_count_no_references(tmp_path: Path) -> None:
    """So they need not be optimized once more to get rid of them."""
    loaded = loaded_of("input 3\nlinear 2\ntanh", tmp_path)
    loaded.compile("predict_slice")
    found = [f for f in vars(loaded._module).values() if isinstance(f, Kernel)]
    made = [code for f in found for code in f.dispatcher.overloads.values()]
    assert made
    for code in made:
        body = code.library.get_function(code.fndesc.llvm_func_name)
        assert "NRT_" not in str(body)


def test_types_of_calls_are_found_once(tmp_path: Path) -> None:
    before = front_end._remembered.cache_info()
    loaded_of("input 4\nlinear 3\ntanh", tmp_path).compile("predict_slice")
    after = front_end._remembered.cache_info()
    assert after.hits - before.hits > 2 * (after.misses - before.misses) > 0


def test_numba_is_as_it_was_whatever_happens() -> None:
    usual = in_numba()
    with front_end.quick_front_end():
        assert all(new is not old for new, old in zip(in_numba(), usual, strict=True))
    assert in_numba() == usual
    with pytest.raises(MemoryError), front_end.quick_front_end():
        raise MemoryError
    assert in_numba() == usual


def test_other_functions_are_compiled_rightly_meanwhile() -> None:
    """Those of numba that ours call are. They may count references, and go on where they were."""
    with front_end.quick_front_end():

        @numba.njit
        def halves(limit: int) -> Iterator[Any]:
            for k in range(limit):
                values = np.full(3, k)
                yield values / 2

        @numba.njit
        def total(limit: int) -> Any:
            kept = [part.sum() for part in halves(limit) if part[0] != 0.5]
            return np.array(kept)

        assert total(4).tolist() == [0, 3, 4.5]
    assert total(3).tolist() == [0, 3]
