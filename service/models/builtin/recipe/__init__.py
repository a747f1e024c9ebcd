"""How the built-in models are made: text, tokenizer, training, export and measurement; left out of the wheel."""
