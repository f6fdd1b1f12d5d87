"""Tables of whole numbers that compiled functions read.

They are no part of the machine code, which would take its time for each of their numbers: it knows
a table by its content's name, as functions know each other.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import types

from lenet.compiler.simd.kernel import template_of
from lenet.compiler.simd.lanes import INT64

_values: dict[str, np.ndarray[Any, np.dtype[np.int64]]] = {}  # by name


class Table:
    """table(row, column) is a number. All rows have as many."""

    def __init__(self, rows: Sequence[Sequence[int]]) -> None:
        values = np.array(rows, np.int64)
        self._columns = values.shape[1]
        digest = hashlib.sha256(f"{values.shape}".encode() + values.tobytes()).hexdigest()
        self._name = f"lenet.table.{digest[:32]}"
        if self._name not in _values:
            _values[self._name] = values
            llvm.add_symbol(self._name, values.ctypes.data)
        self._numba_type_ = types.Function(template_of(self))

    @property
    def content(self) -> str:
        """Its name, which is that of all tables that are alike."""
        return self._name

    # What numba asks for.

    def signature(self, args: Any) -> Any:
        """numba's types of any call."""
        return types.int64(types.int64, types.int64)

    def call(self, context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        """LLVM's code of table(row, column)."""
        module = builder.module
        values = module.globals.get(self._name) or ir.GlobalVariable(module, INT64, self._name)
        row, column = args
        place = builder.add(builder.mul(row, INT64(self._columns)), column)
        return builder.load(builder.gep(values, [place]))
