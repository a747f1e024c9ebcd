"""From grammar to scores: what the grammar lets through is understood, and nothing else becomes a score."""

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.asking import Answer
from service.domain.failures import Failure, FailureKind
from service.judge.grammar import json_schema, lark, reply_format, shape
from service.judge.parsing import Reply, parse_reply
from service.library.schemas import validator

Say = Callable[..., Answer]
FACETS = ["accuracy", "completeness", "relevance", "clarity"]
GOOD = '{"rationale": "fine", "accuracy": 5, "completeness": 4, "relevance": 3, "clarity": 1}'
SCORES = {"accuracy": 5, "completeness": 4, "relevance": 3, "clarity": 1}


def as_pattern(grammar: str) -> str:
    """Read our grammars as the engine does: literals in JSON spelling, terminals as regular expressions."""
    start, *rest = grammar.splitlines()
    terminals = {line[0]: line.split(": ", 1)[1].strip("/") for line in rest}
    parts = re.findall(r'"(?:[^"\\]|\\.)*"|\b[NT]\b', start.removeprefix("start: "))
    return "".join(terminals.get(part) or re.escape(json.loads(part)) for part in parts)


def say(text: str, finish: str = "stop") -> Answer:
    return Answer(
        text=text,
        finish=finish,
        prompt_tokens=1,
        completion_tokens=1,
        sent=0,
        first=1,
        last=1,
        end=1,
    )


names = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), min_size=1, max_size=6, unique=True)


@given(
    facets=names.filter(lambda found: "rationale" not in found),
    reasons=st.text(
        st.characters(exclude_characters='"\\', exclude_categories=["C", "Zl", "Zp"]), min_size=1
    ),
    data=st.data(),
)
def test_whatever_fits_the_grammar_is_read_back(facets: list[str], reasons: str, data: st.DataObject) -> None:
    scores = {facet: data.draw(st.integers(1, 5)) for facet in facets}
    text = json.dumps({"rationale": reasons[:48], **scores}, ensure_ascii=False)
    assert re.fullmatch(as_pattern(lark(facets, 48)), text)
    reply = parse_reply(say(text), facets)
    assert isinstance(reply, Reply)
    assert (reply.scores, reply.rationale) == (scores, reasons[:48])


@given(text=st.from_regex(as_pattern(lark(FACETS, 48)), fullmatch=True))
def test_every_line_of_the_grammar_holds_a_score_for_every_facet(text: str) -> None:
    reply = parse_reply(say(text), FACETS)
    assert isinstance(reply, Reply)
    assert list(reply.scores) == FACETS


@given(text=st.text())
def test_no_text_at_all_makes_the_reader_raise(text: str) -> None:
    reply = parse_reply(say(text), FACETS)
    assert isinstance(reply, Failure) or set(reply.scores.values()) <= {1, 2, 3, 4, 5}


def test_the_toy_judges_grammar_is_the_one_it_was_examined_with() -> None:
    assert lark(FACETS, 48).splitlines()[0] == (
        r'start: "{\"rationale\": \"" T "\", \"accuracy\": " N ", \"completeness\": " N '
        r'", \"relevance\": " N ", \"clarity\": " N "}"'
    )


def test_the_schema_wants_the_same_as_the_grammar() -> None:
    checker = validator(json.loads(json_schema(FACETS, 48)))
    assert checker.is_valid(json.loads(GOOD))
    assert not checker.is_valid({**json.loads(GOOD), "accuracy": 6})
    assert not checker.is_valid(SCORES)
    assert reply_format("text", FACETS, 48) is None
    anything = reply_format("json_object", FACETS, 48)
    assert anything is not None
    assert anything.kind == "json_object"
    schema = reply_format("json_schema", FACETS, 48)
    assert schema is not None
    assert schema.kind == "json_schema"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f'<think>maybe {{"accuracy": 1}} or so</think>\n{GOOD}',
        f"The form is {shape(FACETS)} and I say {GOOD}",
        GOOD.replace("5", '"5"'),
        f'{GOOD} and once more: {{"accuracy": 5}}',
        GOOD.replace("fine", "two\nlines"),
        GOOD[:-1] + ', "style": "odd"}',
    ],
)
def test_an_object_is_found_in_what_stands_around_it(text: str) -> None:
    reply = parse_reply(say(text), FACETS)
    assert isinstance(reply, Reply)
    assert reply.scores == SCORES


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        ("", "stop", FailureKind.EMPTY),
        (" \n", "stop", FailureKind.EMPTY),
        (GOOD[:40], "length", FailureKind.TRUNCATED),
        (GOOD, "content_filter", FailureKind.REFUSED),
        ("I'm sorry, but I can't grade this.", "stop", FailureKind.REFUSED),
        ("As an AI I do not grade.", "stop", FailureKind.REFUSED),
        ("Accuracy: 5/5", "stop", FailureKind.UNPARSABLE),
        (shape(FACETS), "stop", FailureKind.UNPARSABLE),
        (GOOD[:40], "stop", FailureKind.UNPARSABLE),
        (GOOD.replace("5", "6"), "stop", FailureKind.UNPARSABLE),
        (GOOD.replace("5", "0"), "stop", FailureKind.UNPARSABLE),
        (GOOD.replace("5", "4.5"), "stop", FailureKind.UNPARSABLE),
        (GOOD.replace("5", "true"), "stop", FailureKind.UNPARSABLE),
        (GOOD.replace("5", "NaN"), "stop", FailureKind.UNPARSABLE),
        (GOOD.replace('"clarity": 1', '"accuracy": 1'), "stop", FailureKind.UNPARSABLE),
        (f"The rubric says {GOOD.replace('5', '1')} but I say {GOOD}", "stop", FailureKind.UNPARSABLE),
        (f'{GOOD} or rather {{"accuracy": 4}}', "stop", FailureKind.UNPARSABLE),
        (f"{GOOD} or ra", "length", FailureKind.TRUNCATED),
        ("[5, 5, 5, 5]", "stop", FailureKind.UNPARSABLE),
        ("[" * 100_000, "stop", FailureKind.UNPARSABLE),
        ('{"a":' * 100_000, "stop", FailureKind.UNPARSABLE),
    ],
)
def test_a_failure_has_a_kind_and_never_a_score(text: str, finish: str, kind: FailureKind) -> None:
    failure = parse_reply(say(text, finish), FACETS)
    assert isinstance(failure, Failure)
    assert failure.kind is kind
    assert failure.raw is None or len(failure.raw) <= 2_000
