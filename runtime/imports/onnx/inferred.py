"""The shapes that onnx itself works out, for what cannot be read."""

from lenet.runtime.imports.onnx.file import OnnxFile
from lenet.runtime.models.onnx_tensors import onnx_package


def inferred_shapes(file: OnnxFile, given: str, batch: int) -> dict[str, tuple[int, ...]]:
    """Of all values whose sizes are known, with so many images in the input `given`."""
    onnx = onnx_package()
    proto = type(file.proto)()
    proto.CopyFrom(file.proto)
    for own in proto.graph.input:
        if own.name == given and own.type.tensor_type.HasField("shape"):
            own.type.tensor_type.shape.dim[0].dim_value = batch
    del proto.graph.output[:]
    try:
        proto = onnx.shape_inference.infer_shapes(proto, data_prop=True)
    except Exception:  # whatever onnx makes of a graph that is none: nothing is known then
        return {}
    found = {}
    for own in proto.graph.value_info:
        sizes = own.type.tensor_type.shape.dim
        if all(size.dim_value > 0 for size in sizes):
            found[own.name] = tuple(size.dim_value for size in sizes)
    return found
