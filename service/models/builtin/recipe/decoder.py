"""The ONNX graph of a Llama-style decoder, node by node, in the operators ONNX Runtime GenAI expects."""

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from service.models.builtin.recipe.shape import ModelShape, Weights

Dtype = Literal["fp32", "fp16", "int8"]
"""``int8`` keeps activations and embedding in fp32 and packs the other matrices."""

_MICROSOFT = "com.microsoft"
_BLOCK = 32


class _Graph:
    """Nodes and constants collected so far; every method that adds a node returns the name of its output."""

    def __init__(self, dtype: Dtype) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.packed = dtype == "int8"
        self.real: type[np.floating[Any]] = np.float16 if dtype == "fp16" else np.float32

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str, value: npt.NDArray[Any]) -> str:
        return self.constant(name, value.astype(self.real))

    def node(self, operator: str, inputs: list[str], outputs: list[str] | None = None, **options: Any) -> str:
        name = f"n{len(self.nodes)}"
        outputs = outputs or [name]
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=f"{name}_{operator}", **options))
        return outputs[0]

    def matmul(
        self, value: str, name: str, weight: npt.NDArray[np.float32], output: str | None = None
    ) -> str:
        outputs = [output] if output else None
        if not self.packed:
            return self.node("MatMul", [value, self.weight(name, weight)], outputs)
        packed, scales = pack_int8(weight)
        return self.node(
            "MatMulNBits",
            [value, self.constant(f"{name}.q", packed), self.constant(f"{name}.s", scales)],
            outputs,
            domain=_MICROSOFT,
            K=weight.shape[0],
            N=weight.shape[1],
            bits=8,
            block_size=_BLOCK,
            accuracy_level=4,
        )


def pack_int8(weight: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Return bytes ``[columns, blocks, 32]`` and scales ``[columns * blocks]`` of a matrix, zero point 128."""
    rows, columns = weight.shape
    blocks = -(-rows // _BLOCK)
    padded = np.zeros((columns, blocks * _BLOCK), np.float32)
    padded[:, :rows] = weight.T
    padded = padded.reshape(columns, blocks, _BLOCK)
    largest = np.argmax(np.abs(padded), axis=2)
    scale = np.take_along_axis(padded, largest[..., None], 2)[..., 0] / -128
    inverse = np.where(scale == 0, 0, 1 / np.where(scale == 0, 1, scale))
    packed = np.clip(np.round(padded * inverse[..., None]) + 128, 0, 255).astype(np.uint8)
    return packed, scale.astype(np.float32).reshape(-1)


def decoder(shape: ModelShape, weights: Weights, dtype: Dtype) -> onnx.ModelProto:
    """Return the graph: token ids, mask and past keys and values in; logits and present keys and values out."""
    graph = _Graph(dtype)
    lengths = _lengths(graph)
    angles = np.outer(
        np.arange(shape.context), 1 / shape.theta ** (np.arange(0, shape.head_size, 2) / shape.head_size)
    )
    rotary = [graph.weight("cos", np.cos(angles)), graph.weight("sin", np.sin(angles))]
    embedding = graph.weight("embed", weights["embed"])
    skip = graph.node("Gather", [embedding, "input_ids"], axis=0)
    first_norm = graph.weight("l0.n1", weights["l0.n1"])
    hidden = graph.node(
        "SimplifiedLayerNormalization", [skip, first_norm], axis=-1, epsilon=shape.epsilon, stash_type=1
    )
    for block in range(shape.layers):
        hidden, skip = _block(graph, shape, weights, block, hidden, skip, [*lengths, *rotary])
    if graph.packed:
        graph.matmul(hidden, "head", np.ascontiguousarray(weights["embed"].T), "logits")
    else:
        head = graph.node("Transpose", [embedding], perm=[1, 0])
        graph.node("MatMul", [hidden, head], ["logits"])
    return _model(graph, shape)


def _lengths(graph: _Graph) -> list[str]:
    """Add what the attention wants to know: last position of each sequence, and the total length."""
    one = graph.constant("one", np.array([1], np.int64))
    kept = graph.node("ReduceSum", ["attention_mask", one], keepdims=1)
    last = graph.node("Cast", [graph.node("Sub", [kept, one])], to=TensorProto.INT32)
    dimensions = graph.node("Shape", ["attention_mask"])
    second = graph.constant("second", np.array(1, np.int64))
    total = graph.node("Cast", [graph.node("Gather", [dimensions, second], axis=0)], to=TensorProto.INT32)
    return [last, total]


def _block(
    graph: _Graph,
    shape: ModelShape,
    weights: Weights,
    block: int,
    hidden: str,
    skip: str,
    positions: list[str],
) -> tuple[str, str]:
    """Add one block; return the normalised state and the residual stream after it."""
    prefix = f"l{block}."
    qkv = graph.matmul(hidden, f"{prefix}qkv", weights[f"{prefix}qkv"])
    attention = graph.node(
        "GroupQueryAttention",
        [qkv, "", "", f"past_key_values.{block}.key", f"past_key_values.{block}.value", *positions],
        [f"attention{block}", f"present.{block}.key", f"present.{block}.value"],
        domain=_MICROSOFT,
        num_heads=shape.heads,
        kv_num_heads=shape.kv_heads,
        do_rotary=1,
        rotary_interleaved=0,
        scale=1 / math.sqrt(shape.head_size),
        local_window_size=-1,
    )
    mixed = graph.matmul(attention, f"{prefix}o", weights[f"{prefix}o"])
    hidden, skip = _add_and_norm(graph, shape, skip, mixed, f"{prefix}n2", weights)
    gate = graph.matmul(hidden, f"{prefix}gate", weights[f"{prefix}gate"])
    up = graph.matmul(hidden, f"{prefix}up", weights[f"{prefix}up"])
    swish = graph.node("Mul", [gate, graph.node("Sigmoid", [gate])])
    down = graph.matmul(graph.node("Mul", [swish, up]), f"{prefix}down", weights[f"{prefix}down"])
    last = block == shape.layers - 1
    return _add_and_norm(graph, shape, skip, down, "norm" if last else f"l{block + 1}.n1", weights, last=last)


def _add_and_norm(
    graph: _Graph,
    shape: ModelShape,
    skip: str,
    change: str,
    norm: str,
    weights: Weights,
    *,
    last: bool = False,
) -> tuple[str, str]:
    hidden, total = f"{norm}.normalised", f"{norm}.sum"
    graph.node(
        "SkipSimplifiedLayerNormalization",
        [skip, change, graph.weight(norm, weights[norm])],
        [hidden] if last else [hidden, "", "", total],
        domain=_MICROSOFT,
        epsilon=shape.epsilon,
    )
    return hidden, total


def _model(graph: _Graph, shape: ModelShape) -> onnx.ModelProto:
    real = TensorProto.FLOAT16 if graph.real is np.float16 else TensorProto.FLOAT
    value = helper.make_tensor_value_info
    inputs = [
        value("input_ids", TensorProto.INT64, ["batch", "sequence"]),
        value("attention_mask", TensorProto.INT64, ["batch", "total"]),
    ]
    outputs = [value("logits", real, ["batch", "sequence", shape.vocab])]
    for block in range(shape.layers):
        for part in ("key", "value"):
            heads, width = shape.kv_heads, shape.head_size
            inputs.append(value(f"past_key_values.{block}.{part}", real, ["batch", heads, "past", width]))
            outputs.append(value(f"present.{block}.{part}", real, ["batch", heads, "total", width]))
    model = helper.make_model(
        helper.make_graph(graph.nodes, "tiny", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_MICROSOFT, 1)],
        producer_name="slm-judge",
    )
    model.ir_version = 9
    return model
