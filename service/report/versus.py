"""A comparison in words: as plain data, and as Markdown for a pull request or a manager."""

from collections.abc import Iterator
from typing import Any

from service.domain.comparisons import Compared, EvaluationComparison, Match
from service.report.figures import NONE, plain, say
from service.report.quoting import inline

HEADER = ("Figure", "Now", "Against", "Effect", "Verdict", "Could have seen")
HOW_TO_READ = (
    "**Effect**: a difference, or a ratio of now over against, with its 95 % interval over prompts.",
    "**Verdict**: *equivalent* means the whole interval lies within the margin; *inconclusive* is not *no change*.",
    "**Could have seen**: the change that a comparison of this size finds four times in five.",
    "*better* and *worse* hold for all figures together (Holm): one false claim in twenty comparisons at most.",
)


def comparison_record(found: EvaluationComparison) -> dict[str, Any]:
    """Return a comparison as JSON-able data, floats rounded."""
    record: dict[str, Any] = plain(found)
    return record


def comparison_markdown(found: EvaluationComparison) -> str:
    """Return a comparison as Markdown; names from outside are shown, never interpreted."""
    parts = [f"# {found.verdict.capitalize()}: {inline(_title(found))}"]
    for match in found.matches:
        parts += [f"## {inline(_names(match))}: {match.verdict}", "\n".join(_table(match))]
    for title, lines in (("What changed", found.changed), ("Cautions", found.cautions)):
        if lines:
            parts += [f"## {title}", "\n".join(f"- {inline(line, most=1000)}" for line in lines)]
    parts += ["## How to read this", "\n".join(f"- {line}" for line in HOW_TO_READ)]
    return "\n\n".join(parts) + "\n"


def title_of(one: Compared) -> str:
    """Return the name of a figure as people say it.

    Examples
    --------
    >>> from service.domain.estimates import undefined
    >>> title_of(
    ...     Compared(
    ...         figure="latency_p95", unit="seconds", candidate=None, against=None, kind="ratio",
    ...         effect=undefined("-"), margin=0.05, verdict="inconclusive",
    ...     )
    ... )
    'latency p95'
    """
    return one.figure.removeprefix("facet:").replace("_", " ")


def say_effect(one: Compared) -> str:
    """Return the effect with its interval, or a dash with the reason.

    Examples
    --------
    >>> from service.domain.estimates import Estimate
    >>> one = Compared(
    ...     figure="latency", unit="seconds", candidate=1.0, against=2.0, kind="ratio",
    ...     effect=Estimate(value=0.5, low=0.4, high=0.6, n=9), margin=0.05, verdict="better",
    ... )
    >>> say_effect(one)
    '× 0.5 (0.4 to 0.6)'
    """
    effect = one.effect
    if effect.value is None:
        return f"{NONE} ({effect.reason})"
    shown = [
        None if value is None else _amount(one, value) for value in (effect.value, effect.low, effect.high)
    ]
    sign = "× " if one.kind == "ratio" else ""
    return f"{sign}{shown[0]}" + (f" ({shown[1]} to {shown[2]})" if shown[1] and shown[2] else "")


def say_detectable(one: Compared) -> str:
    """Return the change that would have been seen; a dash where that is not known."""
    if one.minimum_detectable is None:
        return NONE
    if one.kind == "ratio" and one.minimum_detectable > 10:
        return "over 1000 %"
    return say(one.minimum_detectable, "share" if one.kind == "ratio" else one.unit)


def _amount(one: Compared, value: float) -> str:
    if one.kind == "ratio":
        return f"{value:.3g}"
    return f"{'+' if value > 0 else ''}{say(value, one.unit)}"


def _title(found: EvaluationComparison) -> str:
    if found.evaluation == found.baseline:
        return f"two candidates of {found.evaluation}"
    return f"{found.evaluation} against {found.baseline}"


def _names(match: Match) -> str:
    return (
        match.candidate if match.candidate == match.against else f"{match.candidate} against {match.against}"
    )


def _table(match: Match) -> Iterator[str]:
    yield "| " + " | ".join(HEADER) + " |"
    yield "|---|---:|---:|---:|---|---:|"
    for one in match.figures:
        verdict = f"**{one.verdict}**" if one.verdict in {"better", "worse"} else one.verdict
        note = f" ({inline(one.note)})" if one.note else ""
        cells = (
            inline(title_of(one)),
            say(one.candidate, one.unit),
            say(one.against, one.unit),
            inline(say_effect(one)),
            verdict + note,
            say_detectable(one),
        )
        yield "| " + " | ".join(cells) + " |"
