"""Who may be adopted as the default, and what is kept of why."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from service.adopting import Adoption, adopt
from service.domain.defaults import Default
from service.domain.findings import Findings
from service.domain.selection import Recommendation
from service.errors import Invalid
from tests.report import scenes
from tests.report.pictures.test_pictures import many

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WANTED = Adoption(use="commercial", device="local")


def adopted(findings: Findings, wanted: Adoption = WANTED) -> Default:
    return adopt(findings, wanted, profile=findings.evaluation.spec.profile, id_="d1", now=NOW)


def refused(findings: Findings, **wanted: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        adopted(findings, replace(WANTED, **wanted))
    (fault,) = caught.value.faults
    return fault.pointer, fault.detail


def two() -> Findings:
    """`small` is recommended, `large` passes its gates too."""
    base = many(["small", "large"])
    return replace(base, evaluation=scenes.evaluation())


def test_the_recommended_candidate_is_adopted_with_what_the_choice_rested_on() -> None:
    found = adopted(scenes.findings())
    assert (found.candidate, found.model, found.use, found.device) == (
        "small",
        "tiny-s",
        "commercial",
        "local",
    )
    assert found.basis.versions == (("tiny-s", "v-tiny-s"), ("tiny-judge", "v-tiny-judge"))
    assert [(one.kind, one.fingerprint[0]) for one in found.basis.files] == [
        ("rubric", "a"),
        ("prompt set", "b"),
        ("profile", "c"),
    ]
    assert (found.basis.recommended, found.basis.score, found.basis.p_best) == ("small", 0.7, 1.0)
    assert found.basis.obligations == ("keep the notice",)
    assert found.basis.cautions == ()


def test_another_one_needs_a_note_and_carries_a_caution() -> None:
    pointer, detail = refused(two(), candidate="large")
    assert (pointer, detail) == ("/note", "the evaluation recommends small: say why it is to be 'large'")
    assert refused(two(), candidate="large", note="  ")[0] == "/note"
    found = adopted(two(), replace(WANTED, candidate="large", note="we know it"))
    assert (found.candidate, found.basis.recommended) == ("large", "small")
    assert found.basis.cautions == ("the evaluation recommended small",)


def test_one_that_a_gate_bars_cannot_be_adopted_note_or_not() -> None:
    pointer, detail = refused(scenes.findings(), candidate="large", note="please")
    assert (pointer, detail) == ("/candidate", "'large' may not be adopted: the licence gate failed")


def test_a_stranger_cannot_be_adopted() -> None:
    assert refused(scenes.findings(), candidate="absent") == (
        "/candidate",
        "there is no candidate 'absent' (known: large, small)",
    )


def test_an_honest_none_adopts_nobody_by_itself() -> None:
    none = Recommendation(
        decision="none", candidate=None, runner_up=None, tie_set=(), reasons=(), nearest_miss="small"
    )
    base = two()
    base = replace(base, ranking=replace(base.ranking, recommendation=none))
    assert refused(base)[0] == "/candidate"
    assert "nearest miss: small" in refused(base)[1]
    found = adopted(base, replace(WANTED, candidate="small", note="we must ship"))
    assert found.basis.decision == "none"


def test_a_device_it_was_not_measured_on_is_a_caution() -> None:
    found = adopted(scenes.findings(), replace(WANTED, device="kiosk"))
    assert found.basis.cautions == ("it was measured on local, not on kiosk",)
