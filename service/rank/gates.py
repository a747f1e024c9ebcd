"""Gates: conditions that no other virtue can buy off, each pass, fail, unproven or missing, with the reason.

A gate looks at an interval, not at a point: it passes when the whole interval is on the right side. Licence, memory,
context and quality are strict, only a pass passes; for the p95 latency and the error share the profile says whether
`unproven` blocks. What is `missing` always blocks.
"""

import math

from service.domain.estimates import Estimate
from service.domain.measurements import CandidateScores, LatencySummary
from service.domain.selection import Gate, GateName, GateResult, LicenceTerms, Profile
from service.domain.units import spell
from service.rank.criteria import rounded_estimate

Z = 1.959963984540054
LENIENT: frozenset[GateName] = frozenset({"latency_p95", "errors"})
FINITE_P95 = 72
"""The fewest independent samples for which both ends of a 95 % interval of the p95 exist."""


def gate_results(*, scores: CandidateScores, profile: Profile) -> tuple[GateResult, ...]:
    """Return the candidate's result on every gate of the profile, in the profile's order."""
    return tuple(_result(gate, scores) for gate in profile.gates)


def blocks(result: GateResult, profile: Profile) -> bool:
    """Return whether the result keeps a candidate from being recommended.

    Examples
    --------
    >>> strict = GateResult(gate="quality", status="unproven", reason="")
    >>> lenient = GateResult(gate="errors", status="unproven", reason="")
    >>> profile = Profile(name="p", title="", use="internal", gates=(), criteria=(), fingerprint="")
    >>> blocks(strict, profile), blocks(lenient, profile)
    (True, False)
    """
    if result.status == "unproven":
        return result.gate not in LENIENT or profile.unproven == "refuse"
    return result.status != "pass"


def licence_gate(terms: LicenceTerms) -> GateResult:
    """Pass a licence that allows the use; one that nobody has reviewed fails closed."""
    words = {
        "yes": f"{terms.name} allows this use",
        "conditional": f"{terms.name} allows this use under conditions: {'; '.join(terms.obligations) or 'see its text'}",
        "no": f"{terms.name} does not allow this use",
        "review": f"{terms.name} has not been reviewed for this use; a person must read it first",
    }
    allowed = terms.allowed in {"yes", "conditional"}
    return GateResult(gate="licence", status="pass" if allowed else "fail", reason=words[terms.allowed])


def memory_gate(*, peak: Estimate, limit: float) -> GateResult:
    """Compare the peak of the whole process with the limit; the upper end of its interval where there is one."""
    measure = rounded_estimate(peak)
    if peak.value is None:
        reason = f"peak memory is not known: {peak.reason}"
        return GateResult(gate="memory", status="missing", reason=reason, limit=limit, measured=measure)
    shown, bound = spell(peak.value, "bytes"), spell(limit, "bytes")
    high = peak.value if peak.high is None else peak.high
    if high <= limit:
        return GateResult(
            gate="memory",
            status="pass",
            reason=f"peak memory {shown} is within {bound}",
            limit=limit,
            measured=measure,
        )
    if peak.value > limit:
        reason = f"peak memory {shown} is above {bound}"
        return GateResult(gate="memory", status="fail", reason=reason, limit=limit, measured=measure)
    reason = (
        f"peak memory {shown} is within {bound}, but may reach {spell(high, 'bytes')}; load it more often"
    )
    return GateResult(gate="memory", status="unproven", reason=reason, limit=limit, measured=measure)


def latency_gate(*, latency: LatencySummary, limit: float) -> GateResult:
    """Pass when the upper end of the p95 interval is within the limit, fail when the lower end is above it."""
    p95 = latency.p95
    measure = rounded_estimate(p95)
    bound = spell(limit, "seconds")
    if p95.value is None:
        reason = f"p95 latency is not known: {p95.reason}"
        return GateResult(gate="latency_p95", status="missing", reason=reason, limit=limit, measured=measure)
    shown = spell(p95.value, "seconds")
    if p95.high is not None and p95.high <= limit:
        reason = f"p95 latency is at most {spell(p95.high, 'seconds')} (measured {shown}), within {bound}"
        return GateResult(gate="latency_p95", status="pass", reason=reason, limit=limit, measured=measure)
    if p95.low is not None and p95.low > limit:
        reason = f"p95 latency is at least {spell(p95.low, 'seconds')} (measured {shown}), above {bound}"
        return GateResult(gate="latency_p95", status="fail", reason=reason, limit=limit, measured=measure)
    needed = further_latencies(latency=latency, limit=limit)
    reason = (
        f"p95 latency {shown} cannot yet be told from the limit of {bound}; {_settled_by(needed, 'samples')}"
    )
    return GateResult(
        gate="latency_p95", status="unproven", reason=reason, limit=limit, measured=measure, needed=needed
    )


def further_latencies(*, latency: LatencySummary, limit: float) -> int | None:
    """Return how many more timed answers would bring the p95 interval to one side of the limit.

    On the log scale an interval's arm shrinks as one over the square root of the sample. Where the interval has no end
    yet, the answer is at least what both ends need: 72 effective samples.

    Returns
    -------
    int or None
        At least 1; ``None`` where the point value is the limit itself, which no sample settles, or nothing is known.
    """
    p95 = latency.p95
    if p95.value is None or p95.value <= 0 or limit <= 0 or latency.n == 0:
        return None
    end = p95.high if p95.value < limit else p95.low
    distance = abs(math.log(limit / p95.value))
    if distance == 0:
        return None
    if end is None or end <= 0:
        efficiency = (latency.effective_n or latency.n) / latency.n
        return max(1, math.ceil(FINITE_P95 / efficiency) - latency.n)
    arm = abs(math.log(end / p95.value))
    return max(1, math.ceil(latency.n * (arm / distance) ** 2) - latency.n)


def context_gate(*, context: int | None, limit: float) -> GateResult:
    """Compare the model's context length in tokens with the least that is needed."""
    bound = spell(limit, "tokens")
    if context is None:
        reason = f"the context length is not known; {bound} are needed"
        return GateResult(gate="context", status="missing", reason=reason, limit=limit)
    measure = Estimate(value=context, low=context, high=context, n=1)
    held = context >= limit
    reason = f"a context of {spell(context, 'tokens')} {'covers' if held else 'is below'} the {bound} needed"
    return GateResult(
        gate="context", status="pass" if held else "fail", reason=reason, limit=limit, measured=measure
    )


def quality_gate(*, estimate: Estimate, limit: float, title: str = "quality") -> GateResult:
    """Pass when the lower end of the interval reaches the floor, fail when the upper end is below it."""
    measure = rounded_estimate(estimate)
    if estimate.value is None:
        reason = f"{title} is not known: {estimate.reason}"
        return GateResult(gate="quality", status="missing", reason=reason, limit=limit, measured=measure)
    floor, shown = spell(limit, "points"), spell(estimate.value, "points")
    low, high = estimate.low, estimate.high
    if low is not None and low >= limit:
        reason = f"{title} is at least {spell(low, 'points')} (measured {shown}), above the floor of {floor}"
        return GateResult(gate="quality", status="pass", reason=reason, limit=limit, measured=measure)
    if high is not None and high < limit:
        reason = f"{title} is at most {spell(high, 'points')} (measured {shown}), below the floor of {floor}"
        return GateResult(gate="quality", status="fail", reason=reason, limit=limit, measured=measure)
    needed = _further_prompts(estimate, limit)
    more = "more prompts" if needed is None else f"about {needed} more prompts"
    reason = f"{title} {shown} cannot yet be told from the floor of {floor}; {more} would settle it"
    return GateResult(
        gate="quality", status="unproven", reason=reason, limit=limit, measured=measure, needed=needed
    )


def error_gate(*, failed: int, expected: int, limit: float) -> GateResult:
    """Compare the Wilson interval of the share of failed answers with the limit."""
    if expected <= 0:
        return GateResult(gate="errors", status="missing", reason="no answer was asked for", limit=limit)
    low, high = wilson(failed, expected)
    share = failed / expected
    measure = rounded_estimate(Estimate(value=share, low=low, high=high, n=expected))
    shown = f"{failed} of {expected} answers failed"
    bound = spell(limit, "share")
    if high <= limit:
        reason = f"{shown}, at most {spell(high, 'share')} in the long run, within {bound}"
        return GateResult(gate="errors", status="pass", reason=reason, limit=limit, measured=measure)
    if low > limit:
        reason = f"{shown}, at least {spell(low, 'share')} in the long run, above {bound}"
        return GateResult(gate="errors", status="fail", reason=reason, limit=limit, measured=measure)
    needed = _further_answers(share, expected, limit)
    reason = f"{shown}, which cannot yet be told from the limit of {bound}; {_settled_by(needed, 'answers')}"
    return GateResult(
        gate="errors", status="unproven", reason=reason, limit=limit, measured=measure, needed=needed
    )


def wilson(failed: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share.

    References
    ----------
    .. [1] Wilson (1927); Newcombe (1998), Statistics in Medicine 17, method 3.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(0, 20)]
    [0.0, 0.1611]
    """
    share = failed / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    arm = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return (0.0 if failed == 0 else max(0.0, middle - arm)), (1.0 if failed == n else min(1.0, middle + arm))


def _result(gate: Gate, scores: CandidateScores) -> GateResult:
    if gate.name == "licence":
        return licence_gate(scores.licence)
    if gate.limit is None:
        msg = f"The gate {gate.name!r} needs a limit in the profile."
        raise ValueError(msg)
    if gate.name == "memory":
        return memory_gate(peak=scores.memory_peak, limit=gate.limit)
    if gate.name == "latency_p95":
        return latency_gate(latency=scores.latency, limit=gate.limit)
    if gate.name == "context":
        return context_gate(context=scores.context, limit=gate.limit)
    if gate.name == "errors":
        return error_gate(failed=scores.failed, expected=scores.expected, limit=gate.limit)
    return _facet_gate(scores, gate.facet, gate.limit)


def _facet_gate(scores: CandidateScores, facet: str | None, limit: float) -> GateResult:
    if facet is None:
        return quality_gate(estimate=scores.quality, limit=limit)
    for score in scores.facets:
        if score.facet == facet and score.decides:
            return quality_gate(estimate=score.estimate, limit=limit, title=f"quality ({facet})")
        if score.facet == facet:
            reason = f"quality ({facet}) must not decide: {score.note or 'the judge is barred from it'}"
            return GateResult(gate="quality", status="missing", reason=reason, limit=limit)
    reason = f"quality ({facet}) was not scored"
    return GateResult(gate="quality", status="missing", reason=reason, limit=limit)


def _further_prompts(estimate: Estimate, limit: float) -> int | None:
    if estimate.value is None or estimate.value == limit or estimate.n == 0:
        return None
    end = estimate.low if estimate.value > limit else estimate.high
    if end is None:
        return None
    arm = abs(end - estimate.value)
    return max(1, math.ceil(estimate.n * (arm / abs(limit - estimate.value)) ** 2) - estimate.n)


def _further_answers(share: float, expected: int, limit: float) -> int | None:
    """Solve the Wilson bound for n at the present share: it meets the limit L where n = z^2 L(1-L) / (share-L)^2."""
    if share == limit or not 0 < limit < 1:
        return None
    return max(1, math.ceil(Z * Z * limit * (1 - limit) / (share - limit) ** 2) - expected)


def _settled_by(needed: int | None, what: str) -> str:
    """Say how many further measurements would tell; nobody takes a hundred thousand."""
    if needed is None:
        return f"more {what} would settle it"
    if needed > 10_000:
        return f"it is too near for any practical number of {what} to settle it"
    if needed == 1:
        return f"one more of the {what} would settle it"
    return f"about {needed} more {what} would settle it"
