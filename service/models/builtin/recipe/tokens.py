"""Byte-level tokenizers as the plain JSON that ONNX Runtime GenAI reads: special tokens, bytes, then merges."""

from collections.abc import Sequence
from typing import Any

SPECIALS = (
    "<|pad|>",
    "<|bos|>",
    "<|end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|tool|>",
    "<|spare|>",
)
PAD, BOS, END, SYSTEM, USER, ASSISTANT = range(6)

CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def byte_characters() -> list[str]:
    """Return the printable character that stands for each byte in a byte-level vocabulary.

    Examples
    --------
    >>> characters = byte_characters()
    >>> len(characters), characters[ord("a")], characters[ord(" ")]
    (256, 'a', 'Ġ')
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    characters = []
    shifted = 0
    for byte in range(256):
        if byte in printable:
            characters.append(chr(byte))
        else:
            characters.append(chr(256 + shifted))
            shifted += 1
    return characters


def byte_tokenizer(merges: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return a byte-level BPE tokenizer; ids 0-7 are special, 8-263 bytes, then one for each merge.

    Merges are written as ``"a b"``: the runtime was never seen to read pairs.
    """
    vocabulary = {token: index for index, token in enumerate(SPECIALS)}
    for character in byte_characters():
        vocabulary[character] = len(vocabulary)
    for left, right in merges:
        vocabulary.setdefault(left + right, len(vocabulary))
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": index, "content": token, **flags} for index, token in enumerate(SPECIALS)],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [f"{left} {right}" for left, right in merges],
        },
    }


def tokenizer_config(context: int) -> dict[str, Any]:
    """Return the contents of ``tokenizer_config.json``, chat template included."""
    flags = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}
    return {
        "add_bos_token": False,
        "add_eos_token": False,
        "add_prefix_space": False,
        "bos_token": SPECIALS[BOS],
        "eos_token": SPECIALS[END],
        "pad_token": SPECIALS[PAD],
        "unk_token": SPECIALS[END],
        "tokenizer_class": "GPT2Tokenizer",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
        "added_tokens_decoder": {
            str(index): {"content": token, **flags} for index, token in enumerate(SPECIALS)
        },
    }
