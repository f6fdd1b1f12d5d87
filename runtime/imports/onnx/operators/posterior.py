"""Probabilities of distances as lenet itself writes them, of a pattern: nothing, at the end."""

import math

from lenet.compiler.losses.map import RUBBISH
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Those of `loss map`, which the model gives by itself."""
    rubbish = -float(op.attribute("of_rubbish"))
    if not math.isclose(rubbish, RUBBISH, rel_tol=1e-5):
        raise Unread(f"with {rubbish:g} as the distance of the rubbish class")
    return op.x
