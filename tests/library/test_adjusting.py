"""A profile changed in a query: what changes, what stays, and every fault at its parameter with the cure."""

from dataclasses import replace

import pytest

from service.domain.selection import Criterion, Gate, Profile
from service.errors import Invalid
from service.library import Library
from service.library.adjusting import Adjustment, adjusted


@pytest.fixture
def balanced(library: Library) -> Profile:
    return library.profile("balanced")


def weights(profile: Profile) -> dict[str, float]:
    return {one.name: one.weight for one in profile.criteria}


def test_nothing_asked_is_the_profile_itself(balanced: Profile) -> None:
    assert adjusted(balanced, Adjustment()) is balanced


def test_weights_replace_all_weights(balanced: Profile) -> None:
    found = adjusted(balanced, Adjustment(weights="quality:0.6, latency:0.4"))
    assert {name: weight for name, weight in weights(found).items() if weight} == {
        "quality": 0.6,
        "latency_p95": 0.4,
    }
    assert [one.name for one in found.criteria] == [one.name for one in balanced.criteria]
    assert found.name == "balanced, changed"
    assert found.fingerprint != balanced.fingerprint


def test_the_same_terms_written_out_are_the_profile_itself(balanced: Profile) -> None:
    assert adjusted(balanced, Adjustment(gates="memory:8GiB")) == balanced


def test_gates_change_what_they_name_and_leave_the_rest(balanced: Profile) -> None:
    found = adjusted(
        balanced,
        Adjustment(gates="memory:4 GiB,errors:off,quality.accuracy:3,latency:500ms"),
        facets=("accuracy",),
    )
    assert found.gates == (
        Gate(name="licence"),
        Gate(name="memory", limit=4 * 2.0**30),
        Gate(name="latency_p95", limit=0.5),
        Gate(name="quality", limit=2.5),
        Gate(name="quality", limit=3.0, facet="accuracy"),
    )


def test_anchors_can_bring_a_criterion_that_the_profile_lacks(balanced: Profile) -> None:
    found = adjusted(balanced, Adjustment(anchors="first_token:4s..200ms", weights="first_token:1,licence:1"))
    assert found.criteria[-1] == Criterion(name="first_token", weight=1.0, zero=4.0, full=0.2, scale="log")


def test_another_scale_can_be_asked_for(balanced: Profile) -> None:
    found = adjusted(balanced, Adjustment(anchors="memory:8GiB..1GiB:linear"))
    memory = next(one for one in found.criteria if one.name == "memory")
    assert (memory.zero, memory.full, memory.scale) == (8 * 2.0**30, 2.0**30, "linear")


def test_another_use_is_a_change_too(balanced: Profile) -> None:
    assert adjusted(balanced, Adjustment(use="research")).use == "research"


@pytest.mark.parametrize(
    ("parameter", "written", "says"),
    [
        ("weights", "quality:-1", "swap its anchors"),
        ("weights", "quality:nan", "from 0 to 1000"),
        ("weights", "quality:1e9", "from 0 to 1000"),
        ("weights", "quality:much", "write a number"),
        ("weights", "quality:0,memory:0", "every weight is zero"),
        ("weights", "speed:1", "there is no criterion 'speed' (known: quality, latency_mean"),
        ("weights", "quality:1,quality:2", "'quality' is there twice"),
        ("weights", "latency:1,latency_p95:2", "is there twice"),
        ("weights", "quality", "is no name:value"),
        ("weights", ":", "is no name:value"),
        ("weights", "first_token:1", "give them too, as in anchors=first_token:10s..500ms"),
        ("anchors", "quality:3..3", "are both 3"),
        ("anchors", "quality:5..1", "must be above 'zero'"),
        ("anchors", "memory:1GiB..2GiB", "must be below 'zero'"),
        ("anchors", "memory:0..0", "are both 0"),
        ("anchors", "memory:1GiB..0", "above zero"),
        ("anchors", "memory:5s..1s", "not in bytes"),
        ("anchors", "memory:5", "write ZERO..FULL"),
        ("anchors", "memory:2GiB..1GiB:cubic", "write ZERO..FULL"),
        ("anchors", "licence:0..1", "has no anchors"),
        ("anchors", "size:0..1", "there is no criterion 'size'"),
        ("gates", "speed:1", "there is no gate 'speed'"),
        ("gates", "memory", "is no name:value"),
        ("gates", "memory:-1GiB", "not in bytes"),
        ("gates", "licence:MIT", "has no limit"),
        ("gates", "memory.accuracy:3", "only the quality gate has facets"),
        ("gates", "quality.charm:3", "the rubric has no facet 'charm' (known: accuracy)"),
    ],
)
def test_what_makes_no_sense_names_the_parameter_and_the_cure(
    balanced: Profile, parameter: str, written: str, says: str
) -> None:
    wanted = replace(Adjustment(), **{parameter: written})  # type: ignore[arg-type]  # the name is a parameter
    with pytest.raises(Invalid) as caught:
        adjusted(balanced, wanted, facets=("accuracy",))
    (fault,) = caught.value.faults
    assert fault.parameter == parameter
    assert says in fault.detail


def test_all_faults_come_at_once(balanced: Profile) -> None:
    with pytest.raises(Invalid) as caught:
        adjusted(balanced, Adjustment(weights="a:1,quality:-1", gates="b:1", anchors="c:1..2"))
    assert [fault.parameter for fault in caught.value.faults] == ["anchors", "weights", "weights", "gates"]
