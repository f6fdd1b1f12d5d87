"""Functions that are compiled: those of a net one by one, small ones into what calls them.

numba links what a function calls into it, so that all of it is optimized and made machine code
again in every caller. Our larger functions are compiled by themselves instead, in any order and by
any process: a call knows the name of what it calls, and the types of its arguments by their names.
It goes through a cell in memory, into which the address is put once the function is there. The name
of a net's function is its content, so that those that are alike are compiled once (content.py).
"""

import ctypes
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager
from numba.core.typing.templates import AbstractTemplate
from numba.extending import lower_builtin

from lenet.compiler.jit.forks import STEADY, await_lock
from lenet.compiler.jit.kept import CODE, kept, kept_by_content
from lenet.compiler.simd.content import digest_of
from lenet.compiler.simd.front_end import quick_front_end

UINT8, FLOAT32 = "uint8", "float32"  # what images can be of
GENERATED = "lenet_kernels_"  # how the names of modules with a net's functions begin

_FLOATS = types.float32[::1]
_TYPES = {
    **dict.fromkeys(("arena", "weights", "ready", "gradient", "batch", "scale", "shift"), _FLOATS),
    "factors": _FLOATS,
    **dict.fromkeys(("sums", "totals"), types.float64[::1]),
    "labels": types.Array(types.int32, 1, "C", readonly=True),
    "targets": types.Array(types.float32, 2, "C", readonly=True),
    "others": types.Array(types.int32, 1, "C", readonly=True),
    "shares": types.Array(types.float32, 2, "C", readonly=True),
    "soft": types.Array(types.float32, 2, "C", readonly=True),
    "importance": types.Array(types.float32, 1, "C", readonly=True),
    **dict.fromkeys(("rows", "times", "turns"), types.int64[::1]),
    "outputs": types.float32[:, ::1],
    "slopes": types.Array(types.float32, 2, "C", readonly=True),
    "key": types.uint64[::1],
    "fresh": types.boolean,
    # Of compiler/optimizers.
    **dict.fromkeys(("gradients", "states"), types.float32[:, ::1]),
    "settings": _FLOATS,
    "parts": types.int64[:, ::1],
    **dict.fromkeys(("owners", "total", "touched"), types.int64[::1]),
    "tables": types.int64[:, ::1],
    "factor": types.float64,
    "values": types.int64[::1],
    "packed": types.uint8[::1],
    "adds": types.boolean,
    # Of compiler/kernels/shared/batch_statistics.py.
    **dict.fromkeys(("limit", "epsilon", "momentum"), types.float64),
}
await_lock(global_compiler_lock)
_RESULTS = {None: types.none, bool: types.boolean, int: types.int64}
_cells: dict[str, ctypes.c_void_p] = {}  # by symbol
_shared: dict[tuple[Path, str], Any] = {}  # by folder and content, what numba has of a function


class _Compiler(CompilerBase):  # type: ignore[misc]
    """numba's, without passes that find nothing to do in our functions, but take a tenth of the
    time: for closures, comprehensions, context managers, exceptions with variables, branches on
    None and array expressions. Where a function has one, numba refuses it, or is only slower."""

    _SKIPPED = frozenset(
        {
            "WithLifting",
            "InlineClosureLikes",
            "RewriteSemanticConstants",
            "DeadBranchPrune",
            "RewriteDynamicRaises",
            "MakeFunctionToJitFunction",
            "InlineInlinables",
            "FindLiterallyCalls",
            "LiteralUnroll",
            "LiteralPropagationSubPipelinePass",
            "InlineOverloads",
            "NopythonRewrites",
            "NoPythonSupportedFeatureValidation",
            "AnnotateTypes",
            "DumpParforDiagnostics",
        }
    )

    def define_pipelines(self) -> list[PassManager]:
        usual = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes = PassManager("lenet")
        for step, description in usual.passes:
            if step.__name__ not in self._SKIPPED:
                passes.add_pass(step, description)
        passes.finalize()
        return [passes]


# Our functions are lent arrays and make none, so they need not count references to them (_nrt).
_jit = partial(
    njit, error_model="numpy", no_cfunc_wrapper=True, pipeline_class=_Compiler, _nrt=False
)


def linked(function: Callable[..., Any]) -> Any:
    """A small function that is compiled into the functions that call it.

    It needs none of numba's wrappers for Python and C, and one version for all constants that
    it is called with, where numba would make one for each. That halves the time to compile.
    """
    dispatcher = _jit(no_cpython_wrapper=True)(function)
    resolve = dispatcher.get_call_template

    def resolve_any_constant(args: Any, kws: Any) -> Any:
        plain = tuple(types.unliteral(a) for a in args)  # type: ignore[attr-defined]
        return resolve(plain, kws)

    dispatcher.get_call_template = resolve_any_constant
    return dispatcher


class Kernel:
    """A function that other compiled functions call, for images of uint8 or of float32.

    Its arguments have the types that their names stand for, integers by default; it returns nothing
    but where it is annotated.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.python = function
        self.name = f"{function.__module__}.{function.__name__}"
        code = function.__code__
        self._arguments = code.co_varnames[: code.co_argcount]
        self._images = self._arguments.index("pixels") if "pixels" in self._arguments else None
        self._result = _RESULTS[function.__annotations__.get("return")]
        self._generated = function.__module__.startswith(GENERATED)
        self._numba_type_ = types.Function(template_of(self))
        if not self._generated:
            self._make_cells(self.name)

    def __repr__(self) -> str:
        return self.name

    def __call__(self, *args: Any) -> Any:
        raise AssertionError("called from interpreted code")

    @cached_property
    def content(self) -> str:
        """Who it is, to those that call it: what is alike has one name, whatever net it is of."""
        if not self._generated:
            return self.name
        content = f"lenet.{digest_of(self.python, type(self).__name__)}"
        self._make_cells(content)
        return content

    @cached_property
    def dispatcher(self) -> Any:
        """numba's function; what is alike has one, for each folder that the code is kept in."""
        if not self._generated:
            return kept(self._jit(self.python))
        folder = Path(self.python.__code__.co_filename).parents[1] / CODE
        found = _shared.get((folder, self.content))
        if found is None:
            digest = self.content.removeprefix("lenet.")
            found = kept_by_content(self._jit(_named(self.python, digest)), folder, digest)
            _shared[folder, self.content] = found
        return found

    def variant(self, pixels: str) -> str:
        """Of its machine code, for images of such numbers."""
        return UINT8 if self._images is None else pixels

    def needed(self) -> list["Kernel"]:
        """The function and all that it calls, the longest first; one of those that are alike."""
        found: dict[str, Kernel] = {}
        left = [self]
        while left:
            function = left.pop()
            if function.content not in found:
                found[function.content] = function
                code, known = function.python.__code__, function.python.__globals__
                left += [f for n in code.co_names if isinstance(f := known.get(n), Kernel)]
        return sorted(found.values(), key=lambda f: (-len(f.python.__code__.co_code), f.name))

    def compile(self, pixels: str = UINT8) -> bool:
        """Make machine code, or take it from the cache; whether it had to be made. What the
        function calls is not compiled."""
        given = self._types(self.variant(pixels))
        with STEADY, quick_front_end():
            misses = sum(self.dispatcher.stats.cache_misses.values())
            self.dispatcher.compile(given)
            compiled = self.dispatcher.overloads[given.args]
            address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
            _cells[self._symbol(self.variant(pixels))].value = address
        return bool(sum(self.dispatcher.stats.cache_misses.values()) > misses)

    def is_kept(self) -> bool:
        """Whether the cache has machine code of it, perhaps of another processor."""
        return bool(self.dispatcher._cache.exists())

    def _jit(self, function: Callable[..., Any]) -> Any:
        return _jit(no_cpython_wrapper=True)(function)

    def _symbol(self, variant: str) -> str:
        return f"{self.content}.{variant}"

    def _make_cells(self, content: str) -> None:
        """Before any code that calls it is there: that is bound to the cells when it is loaded."""
        for variant in {self.variant(UINT8), self.variant(FLOAT32)}:
            symbol = f"{content}.{variant}"
            if symbol not in _cells:
                cell = _cells[symbol] = ctypes.c_void_p()
                llvm.add_symbol(symbol, ctypes.addressof(cell))

    def _types(self, variant: str) -> Any:
        """numba's signature."""
        images = types.Array(getattr(types, variant), 2, "C", readonly=True)
        known = {**_TYPES, "pixels": images}
        return self._result(*(known.get(name, types.int64) for name in self._arguments))

    def _variant_of(self, args: Any) -> str:
        return UINT8 if self._images is None else str(args[self._images].dtype)

    # What numba asks for.

    def signature(self, args: Any) -> Any:
        """The types of a call with arguments of such types."""
        return self._types(self._variant_of(args))

    def call(self, context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        """LLVM's code of a call."""
        symbol = self._symbol(self._variant_of(sig.args))
        module, convention = builder.module, context.call_conv
        kind = convention.get_function_type(sig.return_type, sig.args).as_pointer()
        cell = module.globals.get(symbol) or ir.GlobalVariable(module, kind, symbol)
        address = builder.load(cell)
        status, result = convention.call_function(builder, address, sig.return_type, sig.args, args)
        with cgutils.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return result


class Entry(Kernel):
    """One that Python calls, too. It is compiled when it is first called, if not before."""

    _ready = False  # with all that it calls

    def _jit(self, function: Callable[..., Any]) -> Any:
        return _jit(nogil=True)(function)

    def compile(self, pixels: str = UINT8) -> bool:
        """As Kernel does; numba makes no other version afterwards."""
        with STEADY:
            # For other types, numba would compile one more version when it is called.
            self.dispatcher.disable_compile(False)
            made = super().compile(pixels)
            self.dispatcher.disable_compile()
        return made

    def __call__(self, *args: Any) -> Any:
        if not self._ready:
            with STEADY:
                for function in self.needed():
                    function.compile()
                self._ready = True
        return self.dispatcher(*args)


def _named(function: Callable[..., Any], digest: str) -> Callable[..., Any]:
    """The same function under another name, in a module that every process has: numba looks for it
    when it takes machine code from the cache."""
    named = FunctionType(function.__code__, function.__globals__, digest, function.__defaults__)
    named.__qualname__, named.__module__ = digest, __name__
    return named


def template_of(function: Any) -> type:
    """How numba sees a call of something with the methods `signature` and `call`."""

    class Template(AbstractTemplate):  # type: ignore[misc]
        key = function

        def generic(self, args: Any, kws: Any) -> Any:
            return function.signature(args)

    anything = types.VarArg(types.Any)  # type: ignore[attr-defined]
    lower_builtin(function, anything)(function.call)
    return Template
