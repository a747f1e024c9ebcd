"""What may be compared with what, and what a comparison says of the circumstances."""

from dataclasses import replace
from typing import Any

import pytest

from service.comparing import Wanted, compare, may_compare
from service.domain.evaluations import Evaluation, Status
from service.domain.findings import Findings
from service.domain.models import Judge
from service.errors import Conflict, Invalid
from tests.rank.making import made, pattern
from tests.report import scenes

EARLIER = "01936b00-0000-7000-8000-000000000000"


def found(*, speed: float = 1.0, id_: str = EARLIER, **changes: Any) -> Findings:
    """Two candidates on sixty prompts, `speed` times as slow as usual."""
    about = scenes.evaluation(id_=id_)
    about = replace(about, spec=replace(about.spec, **changes))
    rows = [(speed * (1.0 + 0.01 * (p % 7)), speed * (1.1 + 0.01 * (p % 5))) for p in range(60)]
    scores = tuple(
        made(name, pattern(4.0, turn=turn), latency=rows) for turn, name in enumerate(("small", "large"))
    )
    return replace(scenes.findings(of=about), scores=scores)


NOW = found(id_="01936b00-0000-7000-8000-000000000001")


def refused(here: Evaluation, there: Evaluation, wanted: Wanted) -> list[tuple[str | None, str]]:
    with pytest.raises(Invalid) as caught:
        may_compare(here, there, wanted)
    return [(fault.parameter, fault.detail) for fault in caught.value.faults]


def test_each_candidate_meets_itself_in_the_baseline() -> None:
    may_compare(NOW.evaluation, found().evaluation, Wanted())
    result = compare(NOW, found(), Wanted())
    assert [(match.candidate, match.against) for match in result.matches] == [
        ("small", "small"),
        ("large", "large"),
    ]
    assert (result.baseline, result.changed, result.cautions) == (EARLIER, (), ())


def test_two_candidates_of_one_evaluation_meet() -> None:
    wanted = Wanted(candidate="small", against="large")
    may_compare(NOW.evaluation, NOW.evaluation, wanted)
    (match,) = compare(NOW, NOW, wanted).matches
    assert (match.candidate, match.against) == ("small", "large")


@pytest.mark.parametrize("kind", ["prompt_set", "rubric"])
def test_other_prompts_and_rubrics_are_refused_saying_which(kind: str) -> None:
    spec = NOW.evaluation.spec
    other = found(**{kind: replace(getattr(spec, kind), name="other", fingerprint="f" * 64)}).evaluation
    ((parameter, detail),) = refused(NOW.evaluation, other, Wanted())
    assert parameter == "baseline"
    assert f"the {kind.replace('_', ' ')}s differ, tiny (" in detail
    assert "other (ffffffffffff) there" in detail


def test_every_fault_is_told_at_once() -> None:
    spec = NOW.evaluation.spec
    other = found(rubric=replace(spec.rubric, fingerprint="f" * 64)).evaluation
    faults = refused(NOW.evaluation, other, Wanted(candidate="absent", against="gone", only=("speed",)))
    assert [parameter for parameter, _ in faults] == ["baseline", "candidate", "against", "only"]


def test_a_candidate_against_itself_is_no_comparison() -> None:
    assert refused(NOW.evaluation, NOW.evaluation, Wanted())[0][0] == "baseline"
    assert refused(NOW.evaluation, NOW.evaluation, Wanted(candidate="small"))[0][0] == "against"
    assert refused(NOW.evaluation, NOW.evaluation, Wanted(against="small"))[0][0] == "candidate"


def test_strangers_are_told_who_is_where() -> None:
    others = tuple(replace(one, name=f"old-{one.name}") for one in NOW.evaluation.spec.candidates)
    ((parameter, detail),) = refused(NOW.evaluation, found(candidates=others).evaluation, Wanted())
    assert parameter == "baseline"
    assert "small, large here, old-small, old-large there" in detail


def test_what_is_not_over_cannot_be_compared() -> None:
    with pytest.raises(Conflict, match="is running"):
        may_compare(replace(NOW.evaluation, status=Status.RUNNING), found().evaluation, Wanted())


def test_figures_can_be_chosen_and_the_family_of_claims_with_them() -> None:
    (match, _) = compare(NOW, found(), Wanted(only=("facets", "latency"))).matches
    assert [one.figure for one in match.figures] == ["facet:correct", "latency"]


def test_another_judge_is_named_and_leaves_scores_undefined() -> None:
    spec = NOW.evaluation.spec
    other = found(judges=(Judge(model="tiny-s"),))
    result = compare(NOW, other, Wanted())
    assert result.cautions[0] == "Scores cannot be compared: scored by tiny-judge here and by tiny-s there."
    assert result.matches[0].figures[0].effect.value is None
    models = tuple(
        replace(one, version="v-other") if one.name == "tiny-judge" else one for one in spec.models
    )
    assert "tiny-judge is not the same" in compare(NOW, found(models=models), Wanted()).cautions[0]


def test_what_changed_is_said() -> None:
    spec = NOW.evaluation.spec
    models = tuple(replace(one, version="v-older") if one.name == "tiny-s" else one for one in spec.models)
    candidates = (spec.candidates[0], replace(spec.candidates[1], max_tokens=8))
    result = compare(NOW, found(models=models, candidates=candidates, device="edge"), Wanted())
    assert result.changed == (
        "the files of tiny-s changed: v-older became v-tiny-s",
        "large was asked with another max_tokens",
    )
    assert "Times are of different devices, local here and edge there." in result.cautions


def test_where_all_are_slower_the_machine_is_suspected() -> None:
    result = compare(NOW, found(speed=0.5), Wanted())
    assert result.verdict == "worse"
    assert result.cautions == (
        "Every candidate is slower: look at the machine, its load and its power mode, before the models.",
    )
