"""Measure the judge as users run it, through Foundry Local and under its grammar: the rows of its table."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from service.models.builtin.recipe import strangers
from service.models.builtin.recipe.faults import FACETS, Judged
from service.models.builtin.recipe.judging import GRAMMAR, REPLY_TOKENS, prompt
from service.models.builtin.recipe.planting import EMPTY_ANSWER
from service.models.builtin.recipe.probes import Draw, answers, lists, out_of_order, scale
from service.models.builtin.recipe.runtime import LoadedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the judge said; `scores` are ones where the reply was not valid."""

    scores: tuple[int, ...]
    rationale: str
    valid: bool

    @property
    def accepts(self) -> bool:
        """Whether the judge calls the answer right."""
        return self.scores[0] >= 4

    @property
    def mean(self) -> float:
        """The mean of the facets."""
        return float(np.mean(self.scores))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the judge's table.

    Attributes
    ----------
    value
        Balanced accuracy, or what the name says.
    right, wrong
        Shares of right answers accepted and of wrong answers rejected, where the row is a balanced accuracy.
    """

    name: str
    value: float
    count: int
    right: float | None = None
    wrong: float | None = None


def judge(model: LoadedModel, question: str, answer: str, reference: str) -> Verdict:
    """Ask the judge about one answer."""
    said = model.ask(
        prompt(question, answer or EMPTY_ANSWER, reference), max_tokens=REPLY_TOKENS, grammar=GRAMMAR
    )
    try:
        reply = json.loads(said.text)
        return Verdict(
            scores=tuple(int(reply[facet]) for facet in FACETS), rationale=reply["rationale"], valid=True
        )
    except (ValueError, KeyError):
        return Verdict(scores=(1,) * len(FACETS), rationale=said.text, valid=False)


BALANCED: dict[str, Draw] = {
    "known, verbatim": answers(invention=0.0),
    "held-out entities": answers(invention=0.0, held_out=True),
    "pseudo-words": answers(invention=1.0),
    "fresh real entities": strangers.known_questions,
    "unseen question families": strangers.unknown_questions,
    "paraphrase, known": answers(invention=0.0, wording="trained"),
    "paraphrase, pseudo": answers(invention=1.0, wording="trained"),
    "paraphrase, held-out entities": answers(invention=0.0, held_out=True, wording="trained"),
    "paraphrase, wording never trained, known": answers(invention=0.0, wording="unseen"),
    "paraphrase, wording never trained, pseudo": answers(invention=1.0, wording="unseen"),
    "one-character city edit": strangers.one_character,
    "one-digit edit": strangers.one_digit,
    "name and city swapped": strangers.name_for_city,
    "list with items missing": strangers.part_of_a_list,
    "list with items missing, invented": lists(wording="reference"),
    "list with items missing, wording never trained": lists(wording="unseen"),
}


def balanced_row(
    model: LoadedModel, name: str, draw: Draw, *, count: int, seed: int = 909_001, miss: Callable[[str], None]
) -> Row:
    """Judge `count` right and `count` wrong answers; what was judged wrongly goes to `miss`."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    agreed: dict[bool, list[bool]] = {True: [], False: []}
    seen = set()
    while min(map(len, agreed.values())) < count:
        probe = draw(random)
        if probe is None or len(agreed[probe.right]) == count or probe in seen:
            continue
        seen.add(probe)
        verdict = judge(model, probe.question, probe.answer, probe.reference)
        agreed[probe.right].append(verdict.accepts == probe.right)
        if verdict.accepts != probe.right:
            miss(
                f"{name}: right={probe.right} {probe.answer!r} against {probe.reference!r}: {verdict.rationale}"
            )
    right, wrong = float(np.mean(agreed[True])), float(np.mean(agreed[False]))
    return Row(name=name, value=(right + wrong) / 2, count=2 * count, right=right, wrong=wrong)


def judge_rows(model: LoadedModel, *, count: int, miss: Callable[[str], None]) -> list[Row]:
    """Measure the whole table but the rows that need candidates."""
    rows = [balanced_row(model, name, draw, count=count, miss=miss) for name, draw in BALANCED.items()]
    for held_out in (False, True):
        rows += scale_rows(model, count=count, held_out=held_out)
    return [*rows, *shuffled_rows(model, count=count)]


def scale_rows(model: LoadedModel, *, count: int, held_out: bool) -> list[Row]:
    """Judge answers with every planted fault: rank correlation with the table, all four exact, true rationales."""
    judged = _draw(scale(held_out=held_out), count, 909_002)
    verdicts = [judge(model, each.question, each.answer, each.reference) for each in judged]
    deserved = np.array([each.scores for each in judged])
    given = np.array([verdict.scores for verdict in verdicts])
    where = "held-out" if held_out else "known"
    quoted = [
        _quotes_truly(verdict, each)
        for verdict, each in zip(verdicts, judged, strict=True)
        if re.search("expected|lacks", verdict.rationale)
    ]
    rows = [
        Row(name=f"Spearman, {where}", value=spearman(deserved.mean(1), given.mean(1)), count=count),
        Row(name=f"all facets exact, {where}", value=float((deserved == given).all(1).mean()), count=count),
        Row(
            name=f"rationale is the deserved one, {where}",
            count=count,
            value=float(
                np.mean(
                    [
                        verdict.rationale == each.rationale
                        for verdict, each in zip(verdicts, judged, strict=True)
                    ]
                )
            ),
        ),
        Row(name=f"quoted word is true, {where}", value=sum(quoted) / max(1, len(quoted)), count=len(quoted)),
    ]
    return [row for row in rows if row.count]


SHUFFLED = {"shuffled, all facets exact": 0.15, "two neighbours traded, all facets exact": 1.0}
"""The rows of shuffled references, and in what share of each only two neighbouring words trade places."""


def shuffled_rows(model: LoadedModel, *, count: int) -> list[Row]:
    """Judge shuffled references: the share whose four scores are as deserved."""
    rows = []
    for name, share in SHUFFLED.items():
        judged = _draw(out_of_order(neighbours=share), count, 909_003)
        verdicts = [judge(model, each.question, each.answer, each.reference) for each in judged]
        exact = [verdict.scores == each.scores for verdict, each in zip(verdicts, judged, strict=True)]
        rows.append(Row(name=name, value=float(np.mean(exact)), count=count))
    return rows


def _draw(draw: Callable[[Random], Judged | None], count: int, seed: int) -> list[Judged]:
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    drawn: list[Judged] = []
    while len(drawn) < count:
        found = draw(random)
        if found is not None:
            drawn.append(found)
    return drawn


def _quotes_truly(verdict: Verdict, judged: Judged) -> bool:
    """Tell whether the quoted word is in the reference, and not in the answer."""
    quoted = verdict.rationale.split(" ")[-1].lower()
    return quoted in judged.reference.lower() and quoted not in re.findall(r"\w+", judged.answer.lower())


def spearman(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> float:
    """Return the rank correlation, ties sharing their mean rank; 0 where one side is constant.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 9.0]))
    1.0
    """
    ranks = [_ranks(left), _ranks(right)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return 0.0
    return float(round(np.corrcoef(ranks[0], ranks[1])[0, 1], 12))


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((2 * ends - counts - 1)[place] / 2, np.float64)
