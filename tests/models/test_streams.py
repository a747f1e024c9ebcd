"""Reading a stream: which event has which stamp, what counts as text, and what counts at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.models.characters import mended
from service.models.server_sent import Event, events
from service.models.streams import read_stream, read_whole

DONE = b"data: [DONE]\n\n"


def chunk(*, finish: str | None = None, **delta: object) -> bytes:
    document = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def counted(**usage: object) -> bytes:
    return b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"


def test_role_empty_comment_finish_and_usage_chunks_are_no_first_token() -> None:
    reading = read_stream(
        [
            (1, chunk(role="assistant", content="")),
            (2, b": keep-alive\n\n"),
            (3, chunk(content=None)),
            (4, chunk(content="a")),
            (5, chunk(finish="stop")),
            (6, counted(prompt_tokens=3, completion_tokens=1) + DONE),
        ],
        max_tokens=8,
    )
    assert (reading.first, reading.first_visible, reading.last) == (4, 4, 4)
    assert (reading.text, reading.finish, reading.done) == ("a", "stop", True)
    assert (reading.usage.prompt, reading.completion_tokens) == (3, 1)


def test_without_text_there_is_no_first_token_at_all() -> None:
    reading = read_stream([(1, chunk(role="assistant", content="")), (2, DONE)], max_tokens=8)
    assert (reading.first, reading.first_visible, reading.last, reading.chunks) == (None, None, None, [])


def test_a_server_that_counts_as_it_goes_says_how_many_tokens_came_first() -> None:
    def so_far(text: str, count: int) -> bytes:
        event = {"choices": [{"index": 0, "delta": {"content": text}}], "usage": {"completion_tokens": count}}
        return b"data: " + json.dumps(event).encode() + b"\n\n"

    pieces = [
        (1, so_far("ab", 3) + so_far("c", 4)),
        (2, so_far("d", 9)),
        (3, counted(completion_tokens=9) + DONE),
    ]
    reading = read_stream(pieces, max_tokens=16)
    assert (reading.first_tokens, reading.completion_tokens) == (4, 9)
    assert read_stream([(1, chunk(content="a")), (2, DONE)], max_tokens=8).first_tokens is None


def test_figures_that_are_none_are_not_taken_for_the_servers() -> None:
    timings = b'{"choices": [], "timings": {"a": 1e400, "b": 1%s, "c": true, "d": "x", "e": 2.5}}' % (
        b"0" * 400
    )
    reading = read_stream([(1, chunk(content="x")), (2, b"data: " + timings + b"\n\n" + DONE)], max_tokens=8)
    assert reading.text == "x"
    assert reading.server_reported == {"e": 2.5}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_counts_as_a_token_and_is_not_in_the_text(field: str) -> None:
    pieces = [
        (105, chunk(**{field: "hm"})),
        (110, chunk(**{field: "m"}, content="")),
        (120, chunk(content="x")),
    ]
    reading = read_stream([*pieces, (121, DONE)], max_tokens=8)
    assert (reading.first, reading.first_visible, reading.last) == (105, 120, 120)
    assert (reading.text, reading.reasoning) == ("x", 3)


def test_a_tool_call_counts_once_it_has_arguments() -> None:
    named = chunk(tool_calls=[{"function": {"name": "score", "arguments": ""}}])
    called = chunk(tool_calls=[{"function": {"arguments": '{"a": 1}'}}])
    reading = read_stream([(1, named), (2, called), (3, DONE)], max_tokens=8)
    assert (reading.first, reading.text) == (2, '{"a": 1}')


def test_events_of_one_read_share_its_stamp_and_a_cut_one_has_that_of_its_end() -> None:
    whole = chunk(content="b")
    reading = read_stream(
        [(1, chunk(content="a") + whole[:9]), (2, whole[9:] + chunk(content="c")), (3, DONE)], max_tokens=8
    )
    assert reading.chunks == [(1, 1), (2, 1), (2, 1)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_may_end_either_way_and_data_may_have_several(end: bytes) -> None:
    stream = end.join([b"event: x", b"id: 4", b"data:a", b"data: b", b"", b"data: c", b"", b""])
    assert list(events([(7, stream)])) == [Event(7, b"a\nb", b"x"), Event(7, b"c")]


def test_a_byte_order_mark_and_a_missing_last_line_break_are_forgiven() -> None:
    assert list(events([(1, b"\xef\xbb\xbfdata: a\n\n"), (2, b"data: [DONE]")])) == [
        Event(1, b"a"),
        Event(2, b"[DONE]"),
    ]


@given(st.lists(st.integers(1, 30), max_size=20), st.text(min_size=1, max_size=12))
def test_however_the_bytes_are_cut_the_text_is_the_same(cuts: list[int], text: str) -> None:
    stream = b"".join(chunk(content=sign) for sign in text) + chunk(finish="stop") + DONE
    pieces, at = [], 0
    for number, length in enumerate(cuts):
        pieces.append((number, stream[at : at + length]))
        at += length
    pieces.append((len(cuts), stream[at:]))
    reading = read_stream(pieces, max_tokens=99)
    assert reading.text == text
    assert len(reading.chunks) == len(text)
    stamps = [stamp for stamp, _ in reading.chunks]
    assert stamps == sorted(stamps)
    assert (reading.malformed, reading.done) == (None, True)


def test_a_character_split_between_events_is_whole_as_bytes_and_as_surrogates() -> None:
    euro = "€".encode()
    halves = [
        b'data: {"choices":[{"delta":{"content":"' + part + b'"}}]}\n\n' for part in (euro[:1], euro[1:])
    ]
    grin = [
        b'data: {"choices":[{"delta":{"content":"\\u' + part + b'"}}]}\n\n' for part in (b"d83d", b"de00")
    ]
    reading = read_stream([(1, b"".join([*halves, *grin])), (2, DONE)], max_tokens=8)
    assert (reading.text, reading.malformed) == ("€😀", None)


def test_half_a_character_at_a_token_limit_is_dropped_and_other_bytes_are_refused() -> None:
    start = b'data: {"choices":[{"delta":{"content":"'
    cut = read_stream([(1, start + b'ab\xe2\x82"},"finish_reason":"length"}]}\n\n'), (2, DONE)], max_tokens=8)
    assert (cut.text, cut.malformed) == ("ab", None)
    wrong = read_stream([(1, start + b'\xff\xfe and"}}]}\n\n'), (2, DONE)], max_tokens=8)
    assert wrong.malformed == "text that is not UTF-8"


@given(st.text(alphabet=st.characters(max_codepoint=0x10FFFF), max_size=30))
def test_mending_never_leaves_what_cannot_be_stored(text: str) -> None:
    found = mended(text)
    assert found is None or found.encode("utf-8").decode("utf-8") == found


@pytest.mark.parametrize(
    ("said", "expected"),
    [(5, 5), ("5", None), (True, None), (-1, None), (0, None), (4.0, None), (10**7, None), (None, None)],
)
def test_a_count_that_cannot_be_right_is_none(said: object, expected: int | None) -> None:
    reading = read_stream(
        [(1, chunk(content="some words") + counted(completion_tokens=said) + DONE)], max_tokens=8
    )
    assert reading.completion_tokens == expected


def test_usage_on_every_chunk_means_the_last_one() -> None:
    first = {"choices": [{"delta": {"content": "a"}}], "usage": {"completion_tokens": 1}}
    data = b"data: " + json.dumps(first).encode() + b"\n\n"
    reading = read_stream([(1, data), (2, data.replace(b'tokens": 1', b'tokens": 2') + DONE)], max_tokens=8)
    assert (reading.text, reading.completion_tokens) == ("aa", 2)


@pytest.mark.parametrize(
    "data",
    [
        b'data: {"error": {"message": "boom"}}\n\n',
        b'event: error\ndata: {"message": "boom"}\n\n',
        b'data: {"error": "boom"}\n\n',
    ],
)
def test_an_error_in_the_stream_is_an_error_whatever_came_before(data: bytes) -> None:
    reading = read_stream([(1, chunk(content="a") + data)], max_tokens=8)
    assert "boom" in str(reading.error)
    assert not reading.done


@pytest.mark.parametrize("body", [b"", b"<html>", b"hello", b"data: {nonsense\n\n", b"data: 17\n\n"])
def test_what_is_no_stream_says_so(body: bytes) -> None:
    assert read_stream([(1, body)], max_tokens=8).malformed


def test_a_server_s_own_timings_are_kept_under_its_own_names() -> None:
    final = {
        "choices": [],
        "usage": {
            "completion_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": 7},
            "timing_token_generation": 8.5,
        },
        "timings": {"prompt_ms": 12.5, "predicted_per_second": 40, "note": "x"},
    }
    data = b"data: " + json.dumps(final).encode() + b"\n\n"
    reading = read_stream([(1, chunk(content="a") + data + DONE)], max_tokens=8)
    assert reading.server_reported == {
        "cached_tokens": 7.0,
        "timing_token_generation": 8.5,
        "prompt_ms": 12.5,
        "predicted_per_second": 40.0,
    }


def test_a_reply_in_one_piece_is_there_when_its_last_byte_is() -> None:
    body = json.dumps({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}).encode()
    reading = read_whole([(1, body[:10]), (2, body[10:])], max_tokens=8)
    assert (reading.text, reading.first, reading.finish) == ("hi", 2, "stop")
    assert read_whole([(1, b"[]")], max_tokens=8).malformed


def test_tokens_are_read_with_the_likeliest_others_where_a_score_may_be() -> None:
    def chunk(content: str, *tokens: object) -> bytes:
        choice = {"index": 0, "delta": {"content": content}, "logprobs": {"content": list(tokens)}}
        return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"

    def token(text: object, raw: list[int] | None = None, *top: object) -> dict[str, object]:
        return {"token": text, "bytes": raw, "logprob": -0.1, "top_logprobs": list(top)}

    other = {"token": "3", "logprob": -1.5}
    wrong = [
        {"token": 3, "logprob": -1.0},
        {"token": "2", "logprob": "high"},
        {"token": "1", "logprob": 1e99},
        7,
    ]
    stream = [
        chunk("a", token("a", None, other)),
        chunk(" 4", token(" 4", None, {"token": " 4", "logprob": -0.1}, other, *wrong)),
        # A character in two tokens: the second one has it.
        chunk("é", token("\ufffd", [0xC3], other), token("\ufffd", [0xA9], other)),
        chunk("5", token(None), "nonsense", {"token": "5", "bytes": ["x"], "top_logprobs": "none"}),
        b"data: [DONE]\n\n",
    ]
    reading = read_stream([(at, piece) for at, piece in enumerate(stream)], max_tokens=9)
    assert reading.text == "a 4é5"
    assert reading.tokens == [
        ("a", ()),
        (" 4", ((" 4", -0.1), ("3", -1.5))),
        ("", ()),
        ("é", ()),
        ("5", ()),
    ]
