"""From a runner's stamps to the times that are kept, and how many tokens came with the first text. Pure."""

from service.domain.asking import Answer
from service.domain.responses import Timing

SPARSE = 0.75
"""Fewer pieces than this share of the tokens: several tokens came in one."""


def timing(answer: Answer) -> Timing:
    """Return the answer's stamps relative to the moment it was handed over."""
    return Timing(
        first_visible=None if answer.first_visible is None else answer.first_visible - answer.sent,
        first_tokens=first_tokens(answer),
        hidden_tokens=answer.hidden_tokens,
        server_reported=dict(answer.server_reported),
        first=None if answer.first is None else answer.first - answer.sent,
        last=None if answer.last is None else answer.last - answer.sent,
        end=answer.end - answer.sent,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        chunks=len(answer.chunks),
    )


def first_tokens(answer: Answer) -> int:
    """Return how many tokens had arrived with the first text: a rate divides only what came after it.

    As the runtime counts it, if it counts as it goes. Else the pieces that share the first stamp, one token each; where
    pieces hold several tokens, the share of the first ones in all characters, times the tokens. Tokens that were never
    sent are not among them, though a server that counts as it goes has counted them by then.

    Examples
    --------
    Four tokens a piece, and the first two pieces arrived together:

    >>> said = dict(text="", finish="stop", prompt_tokens=None, sent=0, first=5, last=9, end=9)
    >>> first_tokens(Answer(completion_tokens=16, chunks=((5, 20), (5, 20), (7, 20), (9, 20)), **said))
    8
    """
    if answer.first_tokens is not None:
        return max(1, answer.first_tokens - answer.hidden_tokens)
    together = [characters for stamp, characters in answer.chunks if stamp == answer.first]
    tokens, characters = answer.completion_tokens, sum(size for _, size in answer.chunks)
    if tokens is not None:
        tokens -= answer.hidden_tokens
    if not tokens or not characters or len(answer.chunks) >= SPARSE * tokens:
        return max(1, len(together))
    return min(tokens, max(len(together), round(tokens * sum(together) / characters)))
