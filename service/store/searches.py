"""Searches: which evaluations are wanted, and the words they are found by."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from service.domain.evaluations import Evaluation, Spec, Status
from service.store.tables import EvaluationRow, WordRow

COLUMNS = ("status", "use", "device", "rubric", "prompt_set", "profile")
WORDS = ("label", "candidate", "judge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What evaluations have to be; ``None`` lets all pass. `candidate` is a candidate's name or its model's."""

    status: Status | None = None
    use: str | None = None
    device: str | None = None
    rubric: str | None = None
    prompt_set: str | None = None
    profile: str | None = None
    label: str | None = None
    candidate: str | None = None
    judge: str | None = None


def conditions(search: Search) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what a row of evaluations must fulfil."""
    for name in COLUMNS:
        if (wanted := getattr(search, name)) is not None:
            yield getattr(EvaluationRow, name) == wanted
    for kind in WORDS:
        if (wanted := getattr(search, kind)) is not None:
            yield EvaluationRow.id.in_(
                sa.select(WordRow.evaluation).where(WordRow.kind == kind, WordRow.word == wanted)
            )


def words_of(evaluation: Evaluation) -> list[dict[str, str]]:
    """Return the words that an evaluation is found by, as rows."""
    found = _named(evaluation.spec) | {("label", label) for label in evaluation.labels}
    return [{"evaluation": evaluation.id, "kind": kind, "word": word} for kind, word in sorted(found)]


def _named(spec: Spec) -> set[tuple[str, str]]:
    candidates = {("candidate", word) for one in spec.candidates for word in (one.name, one.model)}
    return candidates | {("judge", judge.model) for judge in spec.judges}
