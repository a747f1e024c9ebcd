"""Learn a byte-level vocabulary from text."""

import json
from collections.abc import Iterable
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from service.models.builtin.recipe.tokens import SPECIALS, byte_characters, byte_tokenizer


def learned_tokenizer(texts: Iterable[str], vocab: int) -> dict[str, Any]:
    """Return a tokenizer of `vocab` tokens learned from `texts`, in the form that is exported.

    Raises
    ------
    ValueError
        If the texts hold too little for so many tokens.
    """
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=list(SPECIALS),
        initial_alphabet=byte_characters(),
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    learned = json.loads(learner.to_str())["model"]["merges"]
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in learned]
    merges = [(str(left), str(right)) for left, right in pairs]
    tokenizer = byte_tokenizer(merges)
    if len(tokenizer["model"]["vocab"]) != vocab:
        raise ValueError(f"{len(tokenizer['model']['vocab'])} tokens learned, {vocab} wanted: give more text")
    return tokenizer


def encoder(tokenizer: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer as training uses it, with the place of every token in the text."""
    return Tokenizer.from_str(json.dumps(tokenizer))
