"""Weights out of the file that the bot reads, so that training goes on from what ships: 8 bits are near enough."""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

HEADS = ("span", "states")
"""In the order in which the exported network multiplies by them, after its layers."""


def shipped_weights(path: Path) -> dict[str, Tensor]:
    """The state of `network.Reader` that `export` wrote to this file.

    What is in 32 bits goes by its own name there, the matrices by none: their order is told by the file.
    """
    graph = onnx.load(path).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    plain = {name: array for name, array in arrays.items() if name.endswith(("weight", "bias"))}
    state = {name: torch.from_numpy(array.copy()) for name, array in plain.items()}
    layers = sum(name.endswith(".qkv.bias") for name in state)
    parts = [f"layers.{n}.{part}" for n in range(layers) for part in ("qkv", "out", "widen", "narrow")]
    packed = [node.input for node in graph.node if node.op_type == "DequantizeLinear"]
    for part, (rounded, scale) in zip([*parts, *HEADS], packed, strict=True):
        matrix = arrays[rounded].astype("float32") * arrays[scale]
        state[f"{part}.weight"] = torch.from_numpy(matrix.T.copy())
    return state
