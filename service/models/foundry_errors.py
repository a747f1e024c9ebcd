"""Foundry Local's exceptions in words a user can act on."""

import re

_OVER_CONTEXT = re.compile(r"requires (\d+) total tokens.*?context length of (\d+)", re.DOTALL)
_SOURCE = re.compile(r"\S*\.(?:cc|cpp|h|hpp)(?::\d+|\(\d+\))?\S*")


def explain(error: Exception) -> tuple[str, str]:
    """Return the failure kind and a message for `error`, without the C++ file names and signatures it carries.

    Examples
    --------
    >>> explain(RuntimeError("requires 600 total tokens (592 input + 8 output) over maximum context length of 512"))
    ('over_context', 'Prompt and answer need 600 tokens, but the model takes 512: shorten the prompt or lower max_tokens.')
    """
    text = str(error)
    if found := _OVER_CONTEXT.search(text):
        need = f"Prompt and answer need {found[1]} tokens, but the model takes {found[2]}"
        return "over_context", f"{need}: shorten the prompt or lower max_tokens."
    if isinstance(error, MemoryError) or "bad_alloc" in text or "Failed to allocate memory" in text:
        return (
            "out_of_memory",
            "Memory ran out: stop other programs or models, or choose a smaller variant of the model.",
        )
    if isinstance(error, LookupError):
        return "load_failed", text
    first = _SOURCE.sub("", text.strip().splitlines()[0] if text.strip() else type(error).__name__)
    return "rejected", f"The runtime refused: {' '.join(first.split())[:300]}"
