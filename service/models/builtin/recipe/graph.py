"""Write a model directory for ONNX Runtime GenAI with numpy and onnx alone; the same input gives the same bytes."""

import json
from pathlib import Path
from typing import Any

import onnx

from service.models.builtin.recipe.decoder import Dtype, decoder
from service.models.builtin.recipe.shape import ModelShape, Weights, array_shapes, parameters, random_weights
from service.models.builtin.recipe.tokens import BOS, END, PAD, SPECIALS, byte_tokenizer, tokenizer_config

__all__ = [
    "Dtype",
    "ModelShape",
    "Weights",
    "byte_tokenizer",
    "parameters",
    "random_weights",
    "write_micro_model",
    "write_model_directory",
]


def write_model_directory(
    folder: Path, shape: ModelShape, weights: Weights, tokenizer: dict[str, Any], dtype: Dtype = "fp16"
) -> Path:
    """Write graph, tokenizer and configuration into `folder`, which is created, and return it.

    Raises
    ------
    ValueError
        If the arrays or the tokenizer do not belong to `shape`: a mismatch answers nonsense, it does not fail.
    """
    expected = array_shapes(shape)
    found = {name: weights[name].shape for name in expected if name in weights}
    if found != expected:
        wrong = sorted(name for name in expected if found.get(name) != expected[name])
        raise ValueError(f"arrays missing or of another shape: {', '.join(wrong)}")
    if len(tokenizer["model"]["vocab"]) != shape.vocab:
        raise ValueError(f"{len(tokenizer['model']['vocab'])} tokens for a vocabulary of {shape.vocab}")
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(decoder(shape, weights, dtype), str(folder / "model.onnx"))
    special = {"bos_token": SPECIALS[BOS], "eos_token": SPECIALS[END], "pad_token": SPECIALS[PAD]}
    _write_json(folder / "tokenizer.json", tokenizer)
    _write_json(folder / "tokenizer_config.json", tokenizer_config(shape.context))
    _write_json(folder / "special_tokens_map.json", special)
    _write_json(folder / "genai_config.json", genai_config(shape))
    return folder


def write_micro_model(folder: Path, seed: int = 3) -> Path:
    """Write an untrained model of 19 thousand parameters, the smallest that is useful in a test.

    It answers noise, so a test gives it a grammar or looks at everything but the text.
    """
    shape = ModelShape(vocab=264, hidden=32, layers=1, heads=1, kv_heads=1, ffn=64, context=256)
    return write_model_directory(folder, shape, random_weights(shape, seed), byte_tokenizer())


def genai_config(shape: ModelShape) -> dict[str, Any]:
    """Return the contents of ``genai_config.json``: one thread, greedy unless asked otherwise.

    ``top_k`` is 50 because 1 would make temperature and seed inert.
    """
    return {
        "model": {
            "bos_token_id": BOS,
            "context_length": shape.context,
            "decoder": {
                "session_options": {
                    "log_id": "onnxruntime-genai",
                    "intra_op_num_threads": 1,
                    "provider_options": [],
                },
                "filename": "model.onnx",
                "head_size": shape.head_size,
                "hidden_size": shape.hidden,
                "inputs": {
                    "input_ids": "input_ids",
                    "attention_mask": "attention_mask",
                    "past_key_names": "past_key_values.%d.key",
                    "past_value_names": "past_key_values.%d.value",
                },
                "outputs": {
                    "logits": "logits",
                    "present_key_names": "present.%d.key",
                    "present_value_names": "present.%d.value",
                },
                "num_attention_heads": shape.heads,
                "num_hidden_layers": shape.layers,
                "num_key_value_heads": shape.kv_heads,
            },
            "eos_token_id": [END],
            "pad_token_id": PAD,
            "type": "llama",
            "vocab_size": shape.vocab,
        },
        "search": {
            "diversity_penalty": 0.0,
            "do_sample": False,
            "early_stopping": True,
            "length_penalty": 1.0,
            "max_length": shape.context,
            "min_length": 0,
            "no_repeat_ngram_size": 0,
            "num_beams": 1,
            "num_return_sequences": 1,
            "past_present_share_buffer": True,
            "repetition_penalty": 1.0,
            "temperature": 0.8,
            "top_k": 50,
            "top_p": 1.0,
        },
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
