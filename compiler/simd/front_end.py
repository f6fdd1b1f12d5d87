"""numba, without some of its work that our functions have no use for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

from numba.core import base, config
from numba.core.codegen import CPUCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.postproc import PostProcessor, VariableLifetime
from numba.core.transforms import canonicalize_cfg
from numba.core.types.functions import BaseFunction

_MOST = 8192  # calls whose types are remembered: those of some hundred functions

_type_of_call = BaseFunction.get_call_type
_post_process = PostProcessor.run


@contextmanager
def quick_front_end() -> Iterator[None]:
    """For what this thread compiles while it lasts; other threads wait, and have numba's own ways.

    Functions of numba that ours call are compiled rightly, too, but with more of counting.
    """
    with global_compiler_lock, ExitStack() as stack:
        # Kernels are vectors and unrolled tiles already: more than LLVM's O1 finds nothing in them.
        stack.enter_context(_replaced(config, "OPT", type(config.OPT)("1")))
        stack.enter_context(_replaced(BaseFunction, "get_call_type", _remembered_type_of_call))
        stack.enter_context(_replaced(PostProcessor, "run", _without_live_variables))
        stack.enter_context(_replaced(CPUCodeLibrary, "_optimize_final_module", _optimize_once))
        stack.enter_context(_replaced(CPUCodeLibrary, "_optimize_functions", _lay_out))
        stack.enter_context(_replaced(base, "_has_loc", _takes_location))
        yield


@contextmanager
def _replaced(owner: Any, name: str, new: object) -> Iterator[None]:
    usual = getattr(owner, name)
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, usual)


def _remembered_type_of_call(function: BaseFunction, context: Any, args: Any, kws: Any) -> Any:
    """For each `+` that it finds, numba tries one template of `+` after the other, and writes down
    why those do not fit that come before the one that does. Once is enough for equal operands."""
    return _remembered(function, context, tuple(args), tuple(kws.items()))


@lru_cache(_MOST)
def _remembered(function: BaseFunction, context: Any, args: Any, kws: Any) -> Any:
    return _type_of_call(function, context, args, dict(kws))


def _without_live_variables(
    processor: PostProcessor, emit_dels: bool = False, extend_lifetimes: bool = False
) -> None:
    """After each pass numba finds the variables that are alive where a block begins. Generators and
    interpreted code need them, compiled functions only at the end, to end their lives."""
    code = processor.func_ir
    if emit_dels or code.is_generator:
        _post_process(processor, emit_dels, extend_lifetimes)
        return
    code.blocks = canonicalize_cfg(code.blocks)
    code.variable_lifetime = VariableLifetime(code.blocks)  # works it out when it is asked
    code.generator_info = None


def _optimize_once(library: CPUCodeLibrary) -> None:
    """Without the round before, in which counts of references come together to be removed: ours
    have none."""
    manager, builder = library._codegen._module_pass_manager()
    manager.run(library._final_module, builder)


def _lay_out(library: CPUCodeLibrary, module: Any) -> None:
    """Without numba's round of each function by itself, whose passes that of the module has, too:
    compiling takes less by a twelfth, and kernels are as fast, or faster by some percent."""
    module.data_layout = library._codegen._data_layout


_takes_location = lru_cache(_MOST)(base._has_loc)
