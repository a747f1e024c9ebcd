"""What goes wrong between us and an endpoint, as a failure kind and words that say what to do."""

import json
import re
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from service.models.client import Forbidden
from service.models.framing import Broken, Closed, Reply, TooLong

_OVER_CONTEXT = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|exceeds? the (?:available )?context"
    r"|requires \d+ total tokens|context (?:window|size|length) (?:of|is|exceeded)",
    re.IGNORECASE,
)
_MEMORY = re.compile(
    r"out of memory|requires more system memory|CUDA error: out|bad_alloc|insufficient memory", re.IGNORECASE
)
_KEPT = 2000
OVER_CONTEXT = (
    "says that prompt and answer do not fit the model's context: shorten the prompt or lower max_tokens."
)
OUT_OF_MEMORY = "ran out of memory: stop other models there, or choose a smaller variant of this one."
_NO_TRUST = (
    "gives no trustworthy encrypted connection ({}): mend its certificate, name the certificate's issuer in SSL_CERT_FILE, "
    "or use http:// if it does not encrypt."
)
TOO_LONG = "sent more than max_tokens can explain and was cut off: does its server honour max_tokens?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure kind, what to tell the user, and what the server said."""

    kind: str
    message: str
    raw: str | None = None


def connecting(endpoint: str, error: Exception) -> Fault:
    """Return the fault of a connection that could not be made or that broke before its reply."""
    kind, words = _connecting(error)
    return Fault(kind=kind, message=f"The endpoint '{endpoint}' {words}")


def _connecting(error: Exception) -> tuple[str, str]:
    table: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
        (
            Forbidden,
            "unreachable",
            "leads to a link-local or metadata address, which is never asked: give another address in the settings.",
        ),
        # Also wrong certificates: their error is a kind of this one.
        (
            ssl.SSLError,
            "tls_failed",
            _NO_TRUST.format(_why(error)),
        ),
        (
            socket.gaierror,
            "name_unknown",
            "has a host name without an address: correct its URL in the settings.",
        ),
        (
            ConnectionRefusedError,
            "unreachable",
            "refuses connections: start its server, or correct the port in the settings.",
        ),
        (
            TimeoutError,
            "unreachable",
            "did not answer in time: is its host up, and does a firewall let us through?",
        ),
        (
            (Closed, ConnectionError),
            "interrupted",
            "closed the connection before it answered: look into its server's log.",
        ),
        (Broken, "malformed", f"does not speak HTTP ({error}): correct its URL in the settings."),
        (TooLong, "oversized", TOO_LONG),
    )
    for types, kind, words in table:
        if isinstance(error, types):
            return kind, words
    return "unreachable", f"cannot be reached ({_why(error)})."


def _why(error: Exception) -> str:
    said = (getattr(error, name, None) for name in ("verify_message", "reason", "strerror"))
    return str(next(filter(None, said), type(error).__name__))


def malformed(endpoint: str, what: str, body: bytes) -> Fault:
    """Return the fault of a reply that is none of an OpenAI-compatible server."""
    return Fault(
        kind="malformed",
        message=f"The endpoint '{endpoint}' sent {what} instead of an answer: is its URL that of an OpenAI-compatible "
        "server (it usually ends in /v1)?",
        raw=body[:_KEPT].decode("utf-8", "replace") or None,
    )


def interrupted(endpoint: str, chunks: int) -> Fault:
    """Return the fault of an answer that broke off."""
    return Fault(
        kind="interrupted",
        message=f"The endpoint '{endpoint}' broke off its answer after {chunks} pieces: look into its server's log.",
    )


def empty(endpoint: str, reasoning: int, finish: str | None) -> Fault:
    """Return the fault of an answer without text."""
    if reasoning:
        mend = "raise max_tokens" if finish == "length" else "turn its reasoning off or raise max_tokens"
        message = f"The model at '{endpoint}' reasoned ({reasoning} characters) and gave no answer: {mend}."
    else:
        message = f"The model at '{endpoint}' ended its answer without any text: does its chat template fit?"
    return Fault(kind="empty", message=message)


def refused(endpoint: str, model: str, reply: Reply) -> Fault:
    """Return the fault of a reply whose status is not a success."""
    said = _said(reply)
    kind, words = _refused(model, reply, said)
    tail = f" It said: {said[:300]}" if said else ""
    raw = reply.body[:_KEPT].decode("utf-8", "replace") or None
    return Fault(kind=kind, message=f"The endpoint '{endpoint}' {words}{tail}", raw=raw)


def _refused(model: str, reply: Reply, said: str) -> tuple[str, str]:
    status = reply.status
    if status in {401, 403}:
        return "unauthorised", "wants another key: set the one it expects (key_env or key_file)."
    if status == 404:
        return "not_found", f"has no model '{model}', or its URL is not right (it usually ends in /v1)."
    if status == 429:
        pause = retry_after(reply)
        asked = "" if pause is None else f" It asks to wait {pause:g} s."
        return "rate_limited", f"takes no more requests for now: lower its load.{asked}"
    return _other(status, said)


def _other(status: int, said: str) -> tuple[str, str]:
    if 300 <= status < 400:
        return (
            "malformed",
            f"redirects elsewhere ({status}), which is never followed: give the final address.",
        )
    if _MEMORY.search(said):
        return "out_of_memory", f"{OUT_OF_MEMORY[:-1]} ({status})."
    if _OVER_CONTEXT.search(said):
        return "over_context", OVER_CONTEXT
    if status >= 500 or status in {408, 425}:
        return "upstream", f"failed by itself ({status}): look into its server's log."
    return "rejected", f"refused the request ({status})."


def in_stream(endpoint: str, error: object) -> Fault:
    """Return the fault of an error that came inside a stream whose status was a success."""
    said, code, type_ = error if isinstance(error, str) else "", "", ""
    if isinstance(error, dict):
        said = str(error.get("message") or error.get("detail") or "")
        code, type_ = str(error.get("code")), str(error.get("type"))
    whole = f"{said} {code} {type_}"
    tail = f": {said[:300]}" if said else "."
    if _OVER_CONTEXT.search(whole):
        kind, words = "over_context", OVER_CONTEXT
    elif _MEMORY.search(whole):
        kind, words = "out_of_memory", OUT_OF_MEMORY
    elif code == "429" or "rate_limit" in whole:
        kind, words = "rate_limited", "takes no more requests for now: lower its load."
    elif "invalid_request" in type_ or code == "400":
        kind, words = "rejected", f"refused the request{tail}"
    else:
        kind, words = "upstream", f"failed while it answered{tail}"
    return Fault(kind=kind, message=f"The endpoint '{endpoint}' {words}", raw=_shown(error))


def unsupported(endpoint: str, field: str, reply: Reply) -> Fault:
    """Return the fault of a request with a field that the server does not know; the next one goes without it."""
    instead = "max_completion_tokens is sent instead" if field == "max_tokens" else "it is left out"
    message = f"The endpoint '{endpoint}' does not take '{field}': {instead} from now on, so ask again."
    return Fault(
        kind="unsupported", message=message, raw=reply.body[:_KEPT].decode("utf-8", "replace") or None
    )


def retry_after(reply: Reply) -> float | None:
    """Return the seconds a server asks to wait, from either form of ``Retry-After``; ``None`` where it does not say."""
    said = reply.headers.get("retry-after", "").strip()
    if not said:
        return None
    try:
        return max(0.0, min(float(said), 86_400.0)) if said[:1].isdigit() else _until(said)
    except (ValueError, OverflowError):
        return None


def _until(said: str) -> float:
    moment = parsedate_to_datetime(said)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _said(reply: Reply) -> str:
    """Return the server's own words, from the shapes that servers use; nothing from a page of HTML."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        plain = reply.kind == "text/plain"
        return " ".join(reply.body[:_KEPT].decode("utf-8", "replace").split()) if plain else ""
    inner = found.get("error", found) if isinstance(found, dict) else found
    if isinstance(inner, dict):
        inner = " ".join(
            str(inner[name]) for name in ("message", "detail", "type", "code") if inner.get(name)
        )
    return " ".join(str(inner).split()) if inner else ""


def _shown(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)[:_KEPT]
    except (TypeError, ValueError):
        return str(value)[:_KEPT]
