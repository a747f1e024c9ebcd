"""The nouns: frozen dataclasses without any input or output. Nothing here imports a framework."""
