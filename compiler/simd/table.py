"""Tables of whole numbers that compiled functions read.

They are no part of the machine code, which would take its time for each of their numbers: it knows
a table by its name, as functions know each other.
"""

from collections.abc import Sequence
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import types

from lenet.compiler.simd.kernel import template_of
from lenet.compiler.simd.lanes import INT64


class Table:
    """table(row, column) is a number. All rows have as many; the name is the table's alone."""

    def __init__(self, name: str, rows: Sequence[Sequence[int]]) -> None:
        self.name = name
        self._values = np.array(rows, np.int64)
        llvm.add_symbol(name, self._values.ctypes.data)
        self._numba_type_ = types.Function(template_of(self))

    # What numba asks for.

    def signature(self, args: Any) -> Any:
        """numba's types of any call."""
        return types.int64(types.int64, types.int64)

    def call(self, context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        """LLVM's code of table(row, column)."""
        module = builder.module
        values = module.globals.get(self.name) or ir.GlobalVariable(module, INT64, self.name)
        row, column = args
        place = builder.add(builder.mul(row, INT64(self._values.shape[1])), column)
        return builder.load(builder.gep(values, [place]))
