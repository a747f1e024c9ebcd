"""Load, Timing and Response: what was measured when a candidate answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.failures import Failure
from service.domain.models import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One process that held one model.

    Attributes
    ----------
    role
        ``candidate`` or ``judge``; `name` is the candidate's name or the judge's model.
    seconds
        Time to load, measured by the runner.
    cold_first_token, cold_latency
        Times of the very first request in this process, in seconds: reported apart, never among the samples.
    before, after
        Memory of the runner's process tree before loading and after the timed rounds.
    """

    id: str
    evaluation: str
    role: str
    name: str
    pass_number: int
    pid: int
    model_id: str
    device: str
    runtime: str
    seconds: float
    started_at: datetime
    context: int | None = None
    cold_first_token: float | None = None
    cold_latency: float | None = None
    warmups: int = 0
    before: Memory | None = None
    after: Memory | None = None

    @property
    def model_resident(self) -> int | None:
        """Bytes the model added to the process: resident after use minus before loading."""
        if (
            self.before is None
            or self.after is None
            or self.before.resident is None
            or self.after.resident is None
        ):
            return None
        return max(0, self.after.resident - self.before.resident)

    @property
    def process_peak(self) -> int | None:
        """Highest resident set size of the process in bytes, runtime included."""
        return self.after.peak if self.after is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Times of one answer in nanoseconds since the request was handed over.

    The time to the first token counts non-empty text only, and every rate says what it divides.

    Attributes
    ----------
    first, last
        First and last non-empty text; ``None`` when there was no text.
    end
        The stream closed.
    prompt_tokens, completion_tokens
        The runtime's own count; ``None`` where it gives none.
    chunks
        Number of pieces of text; several tokens can arrive in one.
    first_visible
        First text that is not reasoning; ``None`` where there is none or the runner does not tell them apart.
    first_tokens
        Tokens that had arrived by `first`: one, unless several came at once.
    hidden_tokens
        Tokens of `completion_tokens` that never arrived: reasoning that a server keeps to itself. All of them where it
        counts more than its text can hold and does not say what; no rate is made of these.
    server_reported
        The server's own timings and counts under the server's own names: kept beside these, never instead of them.
    """

    first: int | None
    last: int | None
    end: int
    prompt_tokens: int | None
    completion_tokens: int | None
    chunks: int
    first_visible: int | None = None
    first_tokens: int = 1
    hidden_tokens: int = 0
    server_reported: Mapping[str, float] = field(default_factory=dict)

    @property
    def first_visible_seconds(self) -> float | None:
        """Seconds from handing over to the first text that is not reasoning."""
        return None if self.first_visible is None else self.first_visible / 1e9

    @property
    def first_token_seconds(self) -> float | None:
        """Seconds from handing over to the first text."""
        return None if self.first is None else self.first / 1e9

    @property
    def latency_seconds(self) -> float | None:
        """Seconds from handing over to the last text."""
        return None if self.last is None else self.last / 1e9

    @property
    def arrived_tokens(self) -> int | None:
        """Tokens of the text that arrived; ``None`` where the runtime does not count, or hides nobody knows how many."""
        if self.completion_tokens is None or not self.hidden_tokens:
            return self.completion_tokens
        return max(0, self.completion_tokens - self.hidden_tokens) or None

    @property
    def decode_rate(self) -> float | None:
        """Tokens per second after the first text: (N - n) / (last - first), n of N that arrived having come with it."""
        if self.arrived_tokens is None or self.first is None or self.last is None:
            return None
        after_first = self.arrived_tokens - self.first_tokens
        return (
            after_first * 1e9 / (self.last - self.first)
            if after_first >= 1 and self.last > self.first
            else None
        )

    @property
    def end_to_end_rate(self) -> float | None:
        """Tokens per second as a user sees them: those that arrived / latency."""
        if self.arrived_tokens is None or not self.last:
            return None
        return self.arrived_tokens * 1e9 / self.last

    @property
    def workshop_rate(self) -> float | None:
        """(Prompt + completion tokens) / latency: the workshop's figure, kept for comparison only."""
        if self.completion_tokens is None or self.prompt_tokens is None or not self.last:
            return None
        return (self.prompt_tokens + self.completion_tokens) * 1e9 / self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Natural key of a response: one candidate, one prompt, one round, in one pass."""

    candidate: str
    prompt: str
    pass_number: int
    round_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One kept answer of one candidate, in one load."""

    evaluation: str
    slot: Slot
    load: str
    text: str
    finish: str
    timing: Timing
    order: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One failed try at a response, a verdict or a load: append-only, numbered, never a score.

    Attributes
    ----------
    stage
        ``load``, ``answer``, ``judge_load``, ``qualify``, ``verdict`` or ``canary``.
    subject
        What was tried: a candidate, a judge, a slot, a verdict key, or a judge and the name of a canary, as text.
    given_up
        No further try will be made unless somebody asks for a retry.
    forgiven
        Somebody did ask: it no longer counts.
    """

    evaluation: str
    stage: str
    subject: str
    number: int
    failure: Failure
    given_up: bool
    created_at: datetime
    candidate: str | None = None
    prompt: str | None = None
    forgiven: bool = False
