"""Failure: a model call that gave no usable answer. It is stored and counted, and it is never a score."""

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """What sort of failure; the words are part of the API."""

    LOAD_FAILED = "load_failed"  # the model could not be loaded
    RUNNER_DIED = "runner_died"  # the child process ended while it was needed
    OUT_OF_MEMORY = "out_of_memory"  # it ended because memory ran out
    TIMED_OUT = "timed_out"  # no answer within the deadline
    SILENT = "silent"  # the runner said nothing at all
    REJECTED = "rejected"  # the runtime refused the request (too long, bad parameter)
    UNSUPPORTED = "unsupported"  # the endpoint refused a field that is left out from now on: ask again
    OVER_CONTEXT = "over_context"  # prompt and answer do not fit the model's context
    EMPTY = "empty"  # an answer without text
    UNPARSABLE = "unparsable"  # a judge answer that holds no score
    TRUNCATED = "truncated"  # a judge answer cut off before its score
    UNDECIDED = "undecided"  # a check that cannot tell from this answer
    REFUSED = "refused"  # the judge declined
    UNREACHABLE = "unreachable"  # no connection to the endpoint: refused, reset, no route
    NAME_UNKNOWN = "name_unknown"  # the endpoint's host name has no address
    TLS_FAILED = "tls_failed"  # no trustworthy encrypted connection to the endpoint
    UNAUTHORISED = "unauthorised"  # the endpoint wants another key
    NOT_FOUND = "not_found"  # the endpoint has no such model or address
    RATE_LIMITED = "rate_limited"  # the endpoint takes no more requests for now
    UPSTREAM = "upstream"  # the endpoint itself failed
    INTERRUPTED = "interrupted"  # the answer broke off
    MALFORMED = "malformed"  # the reply is no answer of an OpenAI-compatible server
    OVERSIZED = "oversized"  # the reply does not end where the token limit says it must
    CANCELLED = "cancelled"  # stopped on purpose
    UNEXPECTED = "unexpected"  # a fault of ours: please report it


OF_THE_ENDPOINT = frozenset(
    {
        FailureKind.UNREACHABLE,
        FailureKind.NAME_UNKNOWN,
        FailureKind.TLS_FAILED,
        FailureKind.UNAUTHORISED,
        FailureKind.NOT_FOUND,
        FailureKind.TIMED_OUT,
    }
)
"""What says something of the whole endpoint rather than of one prompt: the next prompt will meet it too."""

PASSING = frozenset({FailureKind.RATE_LIMITED, FailureKind.UPSTREAM, FailureKind.INTERRUPTED})
"""What an endpoint may recover from between two prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call gave nothing.

    Attributes
    ----------
    kind
        One of a closed list.
    message
        One or two sentences for a person: what happened and what to do.
    raw
        What the model or runtime really said, shortened; ``None`` when it said nothing.
    """

    kind: FailureKind
    message: str
    raw: str | None = None
