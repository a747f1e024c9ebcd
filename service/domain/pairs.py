"""Two answers side by side: what a judge said of them in both orders, and what that comes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.estimates import Estimate

Preference = Literal["first", "second", "tie"]
"""Which place won."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairVerdict:
    """Which of two answers a judge prefers, in one order.

    Attributes
    ----------
    key
        Content address of all that could change it, the order of the two answers included.
    planted
        Whether one of the answers was made worse on purpose, to find out if the judge may compare at all.
    """

    key: str
    evaluation: str
    judge: str
    prompt: str
    preference: Preference
    rationale: str | None
    planted: bool
    created_at: datetime
    raw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStanding:
    """Whether a judge says the same when two answers change places, on pairs of which the better one is known.

    Attributes
    ----------
    pairs, tried
        Planted pairs, and those with a usable reply in both orders.
    consistent, low, high
        Of these the pairs with the same outcome in both orders, and the 95 % interval of their share.
    right
        Pairs on which the better answer won in both orders.
    first, second
        Replies for whatever stood first, and for whatever stood second.
    able
        Whether its comparisons count; `reason` says why.
    """

    judge: str
    pairs: int
    tried: int
    consistent: int
    low: float
    high: float
    right: int
    first: int
    second: int
    able: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The answers of two candidates to one prompt, compared in both orders.

    Attributes
    ----------
    forth, back
        Which place won with `candidate` first, and with `against` first; ``None``: no usable reply.
    same
        The answers are the same text: a tie that nobody was asked for.
    """

    prompt: str
    candidate: str
    against: str
    forth: Preference | None = None
    back: Preference | None = None
    same: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Faced:
    """One candidate against another over the prompts.

    Attributes
    ----------
    wins, ties, losses
        Prompts. A prompt on which the order decided counts as a tie, and in `unsure`.
    unjudged
        Prompts without a usable reply in one of the orders.
    share
        Of wins among wins and losses, with its interval; undefined where there are neither.
    p
        Two-sided sign test: how likely wins and losses at least as unequal would be between equals.
    """

    candidate: str
    against: str
    wins: int
    ties: int
    losses: int
    unsure: int
    unjudged: int
    share: Estimate
    p: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """What came of comparing the candidates of a tie.

    Attributes
    ----------
    strengths
        Of each candidate by Bradley and Terry, geometric mean 1; empty where the comparisons do not determine them.
    consistent
        Share of the pairs with the same outcome in both orders.
    position_bias
        Share of replies for whatever stood first minus that for whatever stood second; 0 is no preference.
    preferred
        The candidate that beats every other one beyond chance; ``None`` where there is none.
    """

    judge: str
    standing: OrderStanding
    candidates: tuple[str, ...]
    results: tuple[Faced, ...]
    strengths: tuple[tuple[str, float], ...]
    consistent: Estimate
    position_bias: Estimate
    preferred: str | None
    reason: str
