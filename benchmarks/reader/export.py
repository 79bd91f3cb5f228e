"""Trained weights as the file that the bot reads: the encoder's matrices in 8 bits, in ONNX.

python -m benchmarks.reader.export --weights reader.pt
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization.shape_inference import quant_pre_process

from benchmarks.reader.network import Reader
from index.weights import packaged_weights

OUTPUT = Path(__file__).parents[2] / "bot" / "answers" / "reader.onnx"
INPUTS = ("embedded", "present", "membership")
OUTPUTS = ("sentences", "starts", "ends")


def export(reader: Reader, path: Path) -> None:
    """Write the network as it is, in 32 bits, all three sizes (batch, tokens, sentences) free."""
    reader.eval()
    membership = torch.zeros(2, 3, 24)
    membership[:, 0, 5:10] = membership[:, 1, 10:15] = 1
    example = (torch.randn(2, 24, reader.positions.weight.shape[1]), torch.ones(2, 24), membership)
    batch, tokens, sentences = (torch.export.Dim(name) for name in ("batch", "tokens", "sentences"))
    program = torch.onnx.export(
        reader,
        example,
        input_names=INPUTS,
        output_names=OUTPUTS,
        dynamic_shapes=(
            {0: batch, 1: tokens},
            {0: batch, 1: tokens},
            {0: batch, 1: sentences, 2: tokens},
        ),
        dynamo=True,
        opset_version=18,
    )
    assert program is not None
    program.save(str(path))


def quantise(path: Path, output: Path) -> None:
    """The matrices in 8 bits, a scale a column, made 32 bits again where the file is loaded; the rest as it is.

    What flows between them stays in 32 bits: 8 bits that all tokens of a window share cost the announcement's own
    questions seven points, and processors round and overflow there in ways of their own.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        model = onnx.load(prepared)
    graph = model.graph
    kept = {tensor.name: tensor for tensor in graph.initializer}
    multiplied = [n.input[1] for n in graph.node if n.op_type == "MatMul" and n.input[1] in kept]
    for number, name in enumerate(dict.fromkeys(multiplied)):
        matrix = numpy_helper.to_array(kept[name])
        scale = np.maximum(np.abs(matrix).max(axis=0) / 127, np.finfo(np.float32).tiny).astype(np.float32)
        rounded = np.rint(matrix / scale).astype(np.int8)
        graph.initializer.remove(kept[name])
        inputs = (f"{name}_8", f"{name}_scale")
        graph.initializer.extend(map(numpy_helper.from_array, (rounded, scale), inputs))
        graph.node.insert(number, helper.make_node("DequantizeLinear", inputs, [name], axis=1))
    onnx.save(model, output)


def main() -> None:
    """Export, quantise, say how large."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUTPUT)
    options = parser.parse_args()
    reader = Reader(packaged_weights())
    reader.load_state_dict(torch.load(options.weights, map_location="cpu", weights_only=True))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        export(reader, plain)
        quantise(plain, options.out)
    onnx.checker.check_model(str(options.out))
    print(f"{options.out.name}: {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
