"""What people's scores say of the judge's: agreement, and the quality corrected by them."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from service.domain.annotations import Annotation, item_id
from service.domain.findings import Item
from service.domain.measurements import CandidateScores, FacetScore
from service.score.means import score_mean
from service.score.people import corrected, people
from tests.rank.making import made

E = "e"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def item(candidate: str, prompt: str, scores: dict[str, float]) -> Item:
    return Item(
        candidate=candidate,
        prompt=prompt,
        question="?",
        pass_number=1,
        round_number=1,
        answer=f"{candidate} says {prompt}",
        finish="stop",
        reference=None,
        scores=scores,
        by=dict.fromkeys(scores, "judge:j"),
        rationale=None,
        first_token_seconds=None,
        latency_seconds=None,
        completion_tokens=None,
    )


def annotation(of: Item, facet: str, score: int, annotator: str = "ann") -> Annotation:
    return Annotation(
        evaluation=E,
        item=item_id(E, of.prompt, of.answer),
        facet=facet,
        annotator=annotator,
        score=score,
        created_at=NOON,
    )


def judged(name: str, scores: list[float]) -> tuple[CandidateScores, list[Item]]:
    prompts = tuple(f"p{at:03d}" for at in range(len(scores)))
    facet = FacetScore(
        facet="accuracy",
        weight=1.0,
        estimate=score_mean(by_prompt=scores),
        by_prompt=tuple(scores),
        scored=len(scores),
        expected=len(scores),
        decides=True,
    )
    whole = replace(
        made(name, scores), prompts=prompts, facets=(facet,), quality=score_mean(by_prompt=scores)
    )
    return whole, [
        item(name, prompt, {"accuracy": score}) for prompt, score in zip(prompts, scores, strict=True)
    ]


def test_nobody_has_said_anything() -> None:
    scores, items = judged("a", [4.0] * 10)
    assert people(evaluation=E, annotations=(), items=items, scores=[scores]) is None
    assert corrected(scores=[scores], found=None) == (scores,)


def test_a_judge_that_is_half_a_point_too_kind_is_found_out_and_corrected() -> None:
    # People give 3 and 4 in turn, the judge 4 and 5: bias 1, and 30 labels of 100 prompts pull the mean down to 3.5.
    truth = [3.0 + at % 2 for at in range(100)]
    scores, items = judged("a", [one + 1 for one in truth])
    said = [annotation(items[at], "accuracy", int(truth[at])) for at in range(30)]
    found = people(evaluation=E, annotations=said, items=items, scores=[scores])
    assert found is not None
    (facet,) = found.facets
    assert facet.items == 30
    assert facet.bias.value == pytest.approx(1.0)
    assert facet.raw.value == 0.0
    assert facet.confusion[2][3] == 15  # people 3, judge 4
    (mended,) = found.corrections
    assert mended.judged.value == pytest.approx(4.5)
    assert mended.corrected.value == pytest.approx(3.5)
    assert (mended.labelled, mended.unlabelled, found.counted) == (30, 70, True)
    assert corrected(scores=[scores], found=found)[0].quality == mended.corrected


def test_too_few_labels_of_one_candidate_correct_nobody() -> None:
    a, items_of_a = judged("a", [4.0, 3.0] * 20)
    b, items_of_b = judged("b", [4.0, 3.0] * 20)
    said = [annotation(one, "accuracy", 3) for one in (*items_of_a, *items_of_b[:19])]
    found = people(evaluation=E, annotations=said, items=[*items_of_a, *items_of_b], scores=[a, b])
    assert found is not None
    assert (found.counted, found.needed) == (False, 1)
    assert corrected(scores=[a, b], found=found) == (a, b)


def test_people_are_averaged_and_their_own_agreement_is_told() -> None:
    scores, items = judged("a", [3.0, 4.0, 5.0, 2.0] * 6)
    said = [
        annotation(one, "accuracy", int(one.scores["accuracy"]) - (who == "bob"), who)
        for one in items
        for who in ("ann", "bob")
    ]
    found = people(evaluation=E, annotations=said, items=items, scores=[scores])
    assert found is not None
    assert found.annotators == ("ann", "bob")
    assert found.corrections[0].corrected.value == pytest.approx(3.0)  # 3.5 and 2.5
    between = found.facets[0].between.value
    assert between is not None
    assert 0 < between < 1


def test_a_prompt_counts_only_with_every_facet_that_decides() -> None:
    scores, items = judged("a", [3.0, 4.0] * 12)
    second = replace(scores.facets[0], facet="clarity")
    both = replace(scores, facets=(scores.facets[0], second))
    items = [replace(one, scores={**one.scores, "clarity": 4.0}) for one in items]
    said = [annotation(one, "accuracy", 3) for one in items]
    found = people(evaluation=E, annotations=said, items=items, scores=[both])
    assert found is not None
    assert found.corrections[0].labelled == 0
    assert [one.items for one in found.facets] == [24, 0]


@pytest.mark.slow
def test_the_corrected_interval_covers_the_truth_where_the_judge_alone_never_does() -> None:
    # A judge .5 too kind with noise of its own; truth 3.2. 400 runs would give 95 %; 120 with a share below 88 % are unlikely.
    rng = np.random.default_rng(5)
    covered = alone = 0
    for _ in range(120):
        latent = rng.normal(3.2, 0.8, 80)
        labels = np.clip(np.round(latent), 1, 5)
        kind = np.clip(np.round(latent + 0.5 + rng.normal(0, 0.5, 80)), 1, 5)
        scores, items = judged("a", kind.tolist())
        said = [annotation(items[at], "accuracy", int(labels[at])) for at in range(25)]
        found = people(evaluation=E, annotations=said, items=items, scores=[scores])
        assert found is not None
        mended = found.corrections[0].corrected
        assert mended.low is not None
        assert mended.high is not None
        covered += mended.low <= 3.2 <= mended.high
        alone += (scores.quality.low or 0) <= 3.2 <= (scores.quality.high or 5)
    assert covered >= 0.88 * 120
    assert alone <= 0.1 * 120
