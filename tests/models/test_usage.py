"""Counts of tokens against what was sent: what is believed, and what was hidden."""

import pytest

from service.models.usage import Usage, believed


@pytest.mark.parametrize(
    ("usage", "text", "thought", "expected"),
    [
        # Every token may be one byte: 40 of them in 40 bytes, and a few for marks without text.
        (Usage(completion=40), 40, 0, (40, 0)),
        (Usage(completion=48), 40, 0, (48, 0)),
        (Usage(completion=49), 40, 0, (49, 49)),
        # Reasoning was sent as text of its own: nothing is hidden, however much of the answer it is.
        (Usage(completion=110, reasoning=100), 40, 400, (110, 0)),
        # Of 100 tokens of reasoning only a summary of 50 bytes was sent: when the others were made is not known.
        (Usage(completion=110, reasoning=100), 40, 50, (110, 110)),
        # None was sent, and the server says how much it was.
        (Usage(completion=110, reasoning=100), 40, 0, (110, 100)),
        # It says too little: 100 tokens are left for 40 bytes.
        (Usage(completion=110, reasoning=10), 40, 0, (110, 110)),
        # It says that all of it was reasoning, though there is text.
        (Usage(completion=110, reasoning=120), 40, 0, (110, 110)),
        # 5 + 10 + 100: the reasoning is counted beside the 10 tokens of the answer.
        (Usage(prompt=5, completion=10, reasoning=100, total=115), 40, 0, (10, 0)),
        (Usage(prompt=5, completion=110, reasoning=100, total=115), 40, 0, (110, 100)),
        # More than was asked for, none at all beside text, and no count.
        (Usage(completion=900), 40, 0, (None, 0)),
        (Usage(completion=0), 40, 0, (None, 0)),
        (Usage(), 40, 0, (None, 0)),
    ],
)
def test_what_was_counted_and_cannot_have_been_sent_is_hidden(
    usage: Usage, text: int, thought: int, expected: tuple[int | None, int]
) -> None:
    assert believed(usage, text=text, thought=thought, max_tokens=200) == expected


def test_usage_that_comes_several_times_counts_as_it_came_last() -> None:
    usage = Usage()
    usage.take(
        {"prompt_tokens": 3, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 1}}
    )
    usage.take(
        {"prompt_tokens": 3, "completion_tokens": 9, "completion_tokens_details": None, "total_tokens": "x"}
    )
    assert usage == Usage(prompt=3, completion=9)
    usage.take({"completion_tokens": True, "reasoning_tokens": 4})
    assert usage == Usage(reasoning=4)
