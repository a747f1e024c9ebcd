from service.rank.robustness import anchor_sensitivity, leave_one_facet_out


def test_moving_an_anchor_can_change_who_is_first() -> None:
    # quality 4.0 and 3.0 on 1..5, latency 6 s and 4 s on 10..2: the second leads by .0; lower "zero" latency favours it
    shifts = anchor_sensitivity(
        values=[[4.0, 6.0], [3.0, 3.9]], zero=[1.0, 10.0], full=[5.0, 2.0], weights=[1, 1]
    )
    assert len(shifts) == 8
    assert {shift.leader for shift in shifts} == {0, 1}


def test_an_anchor_move_that_swaps_the_anchors_is_left_out() -> None:
    shifts = anchor_sensitivity(values=[[4.5]], zero=[4.5], full=[5.0], weights=[1])
    assert [(shift.anchor, shift.factor) for shift in shifts] == [("zero", 0.8), ("full", 1.2)]
    assert anchor_sensitivity(values=[], zero=[1], full=[5], weights=[1]) == ()


def test_leaving_out_a_facet_can_change_who_is_first() -> None:
    # without facet 0: qualities 1 and 3; without facet 1: 5 and 3
    out = leave_one_facet_out(
        facets=[[5.0, 1.0], [3.0, 3.0]],
        facet_weights=[3, 1],
        quality_share=1.0,
        rest=[0, 0],
        zero=1.0,
        full=5.0,
    )
    assert [(one.facet, one.leader, one.scores) for one in out] == [(0, 1, (0.0, 0.5)), (1, 0, (1.0, 0.5))]


def test_a_single_facet_cannot_be_left_out() -> None:
    assert (
        leave_one_facet_out(
            facets=[[5.0]], facet_weights=[1], quality_share=1.0, rest=[0], zero=1.0, full=5.0
        )
        == ()
    )
