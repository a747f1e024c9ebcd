"""The labels of the judge's training: what is absent, owed or moved, token by token."""

import re
from dataclasses import dataclass

from service.models.builtin.recipe.faults import DESERVED, Judged
from service.models.builtin.recipe.labels import FIRST_SCORE, JudgeRow, encoded
from service.models.builtin.recipe.tokens import ASSISTANT, END, USER


@dataclass
class Pieces:
    """A text in pieces: its ids count them."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class Splitter:
    """Encodes a text as words with the space before them, long ones in two pieces, and single other signs."""

    def encode(self, sequence: str) -> Pieces:
        """Split the text."""
        offsets = [match.span() for match in re.finditer(r" ?[A-Za-z0-9]{1,4}|[^A-Za-z0-9]", sequence)]
        return Pieces(ids=list(range(100, 100 + len(offsets))), offsets=offsets)


def labelled(
    answer: str, reference: str, *, kind: str = "correct", lacking: tuple[str, ...] = ()
) -> JudgeRow:
    """Encode an answer."""
    judged = Judged(
        kind=kind,
        question="Which?",
        answer=answer,
        reference=reference,
        scores=DESERVED[kind],
        rationale="as it is",
        lacking=frozenset(lacking),
    )
    return encoded(Splitter(), judged)


def shown(column: list[float]) -> list[float]:
    """Return the labels that the probe is asked for."""
    return [label for label in column if label >= 0]


def test_a_repeated_reference_lacks_nothing_and_nothing_moved() -> None:
    """Of five words, all are given; the first follows no word, so that it is not asked whether it moved."""
    row = labelled("Lima is in Peru now.", "Lima is in Peru now.")
    assert shown(row.absent) == [0.0] * 5
    assert shown(row.lacking) == [0.0] * 5
    assert shown(row.moved) == [0.0] * 4


def test_a_changed_word_is_absent_as_soon_as_its_beginning_differs() -> None:
    """``Parisian`` is two pieces: its beginning is in the answer, the whole of it is not."""
    row = labelled("It is Pariah.", "It is Parisian.", kind="wrong", lacking=("Parisian",))
    assert shown(row.absent) == [0.0, 0.0, 0.0, 1.0]
    assert shown(row.lacking) == [0.0, 0.0, 0.0, 1.0]
    assert shown(row.moved) == [0.0, 0.0]


def test_two_neighbours_that_trade_places_break_three_pairs() -> None:
    """``a c b d`` against ``a b c d``: neither b after a, nor c after b, nor d after c; every word is given."""
    row = labelled("alfa coca beta dora", "alfa beta coca dora", kind="shuffled")
    assert shown(row.absent) == [0.0] * 4
    assert shown(row.moved) == [1.0, 1.0, 1.0]


def test_a_pair_counts_wherever_it_stands() -> None:
    """The second half of an answer put first breaks only the pair at the seam."""
    row = labelled("coca dora alfa beta", "alfa beta coca dora", kind="shuffled")
    assert shown(row.moved) == [0.0, 1.0, 0.0]


def test_signs_and_case_are_no_difference() -> None:
    """Words are compared, not what stands between them."""
    row = labelled('"LIMA": PERU!', "Lima, Peru")
    assert shown(row.absent) == [0.0, 0.0]
    assert shown(row.moved) == [0.0]


def test_swapped_values_are_owed_although_they_are_given() -> None:
    """A name in the place of a city: both words are in the answer, and both are lacking in their place."""
    row = labelled("Lima met Anna", "Anna met Lima", kind="swapped", lacking=("Anna", "Lima"))
    assert shown(row.lacking) == [1.0, 0.0, 1.0]
    assert shown(row.absent) == [0.0, 0.0, 0.0]


def test_every_column_is_as_long_as_the_tokens_and_labels_the_reference_only() -> None:
    """User, prompt, end, assistant, reply, end; nothing of the answer or the question is labelled."""
    row = labelled("Lima", "Lima")
    assert (row.tokens[0], row.tokens[-1]) == (USER, END)
    turn = row.tokens.index(ASSISTANT)
    assert row.tokens[turn - 1] == END
    columns = (row.reply, row.copy, row.absent, row.lacking, row.moved)
    assert {len(column) for column in columns} == {len(row.tokens)}
    assert row.copy.count(1.0) == 1
    assert not any(row.reply[: turn + 1])


def test_the_reply_counts_most_where_the_verdict_begins() -> None:
    """The first piece of the rationale and the first score, then the rest of both, then fixed text."""
    row = labelled("Lima", "Lima")
    assert row.reply.count(FIRST_SCORE) == 2
    assert set(row.reply) == {0.0, 0.1, 3.0, FIRST_SCORE}
