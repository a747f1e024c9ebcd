"""Write a built-in model as a GGUF file: llama.cpp then runs the same weights, tokenizer and chat template.

The architecture is llama's, so that nothing is approximated: rotary positions, RMS norms, SwiGLU, tied embedding. Only the
rows of queries and keys change places, because llama.cpp turns neighbours where the ONNX graph turns halves.
"""

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

Array = npt.NDArray[np.float32]

MATRICES = {"o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
NORMS = {"n1": "attn_norm", "n2": "ffn_norm"}
THETA, EPSILON = 10_000.0, 1e-6
"""The recipe's own, which the model's files do not say."""


def write_gguf(model: Path, file: Path) -> Path:
    """Write the model in the directory `model` to `file` in 32 bits, as ONNX Runtime computes it, and return `file`.

    Raises
    ------
    ValueError
        If its matrices are packed: only plain ones are written.
    """
    settings = json.loads((model / "genai_config.json").read_text())["model"]
    decoder = settings["decoder"]
    heads, pairs = decoder["num_attention_heads"], decoder["num_key_value_heads"]
    weights = weights_of(model / "model.onnx")
    if "l0.qkv" not in weights:
        raise ValueError(f"{model.name} has packed matrices")
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_name(model.name)
    writer.add_context_length(settings["context_length"])
    writer.add_embedding_length(decoder["hidden_size"])
    writer.add_block_count(decoder["num_hidden_layers"])
    writer.add_feed_forward_length(weights["l0.gate"].shape[1])
    writer.add_head_count(heads)
    writer.add_head_count_kv(pairs)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_freq_base(THETA)
    writer.add_rope_dimension_count(decoder["head_size"])
    writer.add_vocab_size(settings["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_tokenizer(writer, model, settings)
    writer.add_tensor("token_embd.weight", weights["embed"])
    writer.add_tensor("output_norm.weight", weights["norm"])
    for block in range(decoder["num_hidden_layers"]):
        add_block(writer, weights, block, heads, pairs)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def weights_of(graph: Path) -> dict[str, Array]:
    """Return the graph's real arrays by their names, inputs first as they are there."""
    arrays = {one.name: numpy_helper.to_array(one) for one in onnx.load(graph).graph.initializer}
    return {
        name: array.astype(np.float32)
        for name, array in arrays.items()
        if np.issubdtype(array.dtype, np.floating)
    }


def add_block(writer: gguf.GGUFWriter, weights: dict[str, Array], block: int, heads: int, pairs: int) -> None:
    """Add one block: outputs come first here, and queries, keys and values apart."""
    own, place = f"l{block}.", f"blk.{block}."
    both = np.ascontiguousarray(weights[f"{own}qkv"].T)
    size = both.shape[0] // (heads + 2 * pairs)
    queries, keys, values = np.split(both, [heads * size, (heads + pairs) * size])
    writer.add_tensor(f"{place}attn_q.weight", neighbours(queries, heads))
    writer.add_tensor(f"{place}attn_k.weight", neighbours(keys, pairs))
    writer.add_tensor(f"{place}attn_v.weight", np.ascontiguousarray(values))
    for name, theirs in MATRICES.items():
        writer.add_tensor(f"{place}{theirs}.weight", np.ascontiguousarray(weights[f"{own}{name}"].T))
    for name, theirs in NORMS.items():
        writer.add_tensor(f"{place}{theirs}.weight", weights[f"{own}{name}"])


def neighbours(rows: Array, heads: int) -> Array:
    """Put the two halves of each head's rows side by side, pair by pair.

    Examples
    --------
    >>> neighbours(np.arange(4, dtype=np.float32)[:, None], heads=1).ravel().tolist()
    [0.0, 2.0, 1.0, 3.0]
    """
    halves = rows.reshape(heads, 2, -1, rows.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))


def add_tokenizer(writer: gguf.GGUFWriter, model: Path, settings: dict[str, Any]) -> None:
    """Add vocabulary, merges, special tokens and the chat template."""
    tokenizer = json.loads((model / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    special = {one["content"] for one in tokenizer["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens]
    )
    writer.add_token_merges(tokenizer["model"]["merges"])
    writer.add_bos_token_id(settings["bos_token_id"])
    writer.add_eos_token_id(settings["eos_token_id"][0])
    writer.add_pad_token_id(settings["pad_token_id"])
    writer.add_add_bos_token(value=False)
    writer.add_chat_template(json.loads((model / "tokenizer_config.json").read_text())["chat_template"])
