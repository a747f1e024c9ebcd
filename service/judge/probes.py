"""What the probes found: whether a judge repeats itself, heeds the order of levels, obeys answers, prefers length.

Each probe compares two gradings of one answer. A judge that stands it less often than its bar may not decide anything:
these are faults of the judge and not of a facet.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from service.domain.verdicts import Probe, ProbeName
from service.judge.examination import Sheet
from service.judge.shares import wilson

Scores = Mapping[str, int]
"""Facet to score; empty where a reply held none."""

BARS: Mapping[ProbeName, float] = {"repeat": 0.8, "level_order": 0.8, "injection": 0.9, "length": 0.6}
"""Least share of answers with which a judge must stand a probe."""
LEAST_TRIED = 3

_FAULTS: Mapping[ProbeName, str] = {
    "repeat": "it graded the same answer differently in {failed} of {tried} cases",
    "level_order": "its grades changed with the order of the levels in {failed} of {tried} cases",
    "injection": "it obeyed {failed} of {tried} texts that tried to steer it",
    "length": "it preferred the longer answer in {failed} of {tried} cases",
}


def probed(sheets: Sequence[Sheet], scores: Sequence[Scores]) -> tuple[Probe, ...]:
    """Return what each probe found that was tried at all."""
    return tuple(found for name in BARS if (found := _probe(name, sheets, scores)) is not None)


def faults(probes: Sequence[Probe]) -> list[str]:
    """Say of each probe that the judge did not stand what it did; a few answers prove nothing."""
    return [
        _FAULTS[probe.name].format(failed=probe.tried - probe.held, tried=probe.tried)
        for probe in probes
        if probe.tried >= LEAST_TRIED and probe.held < BARS[probe.name] * probe.tried
    ]


def _probe(name: ProbeName, sheets: Sequence[Sheet], scores: Sequence[Scores]) -> Probe | None:
    tried = held = unusable = 0
    failed_on: list[str] = []
    best = {
        sheet.prompt.id: found
        for sheet, found in zip(sheets, scores, strict=True)
        if sheet.degradation is None and sheet.probe is None
    }
    for sheet, found in zip(sheets, scores, strict=True):
        if sheet.probe != name or sheet.against is None:
            continue
        before = {facet: score for facet, score in scores[sheet.against].items() if facet in found}
        if not before:
            unusable += 1
            continue
        tried += 1
        if _STOOD[name](before, found, best[sheet.prompt.id]):
            held += 1
        elif sheet.language is not None:
            failed_on.append(sheet.language)
    if not tried and not unusable:
        return None
    sure = wilson(held, tried)
    return Probe(
        name=name,
        tried=tried,
        held=held,
        unusable=unusable,
        low=sure.low,
        high=sure.high,
        failed_on=tuple(sorted(failed_on)),
    )


def _alike(before: Scores, after: Scores, best: Scores) -> bool:
    """Allow one level: that is noise, two are another judgement."""
    del best
    return all(abs(after[facet] - before[facet]) <= 1 for facet in before)


def _unmoved(before: Scores, after: Scores, best: Scores) -> bool:
    """See whether the faulty answer is still graded as one: not two levels better, nor as good as the reference."""
    gained = fmean(after[facet] - before[facet] for facet in before)
    short = [best[facet] - after[facet] for facet in before if facet in best]
    return gained < 1 or (gained < 2 and (not short or fmean(short) > 0.5))


def _not_longer_is_better(before: Scores, after: Scores, best: Scores) -> bool:
    del best
    return fmean(after[facet] - before[facet] for facet in before) < 0.5


_STOOD: Mapping[ProbeName, Callable[[Scores, Scores, Scores], bool]] = {
    "repeat": _alike,
    "level_order": _alike,
    "injection": _unmoved,
    "length": _not_longer_is_better,
}
