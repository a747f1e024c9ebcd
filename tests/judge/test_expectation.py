"""The expected level: found where the score stands, merged over spellings of a level, and undefined where it is not safe."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from service.domain.asking import Answer, Token
from service.judge.expectation import expectations
from service.judge.locating import places_of_scores
from service.judge.parsing import Reply, parse_reply
from tests.judge.reply_kinds import ANSWERED

FACETS = ("accuracy", "clarity")
Make = Callable[..., Answer]


def top(**shares: float) -> tuple[tuple[str, float], ...]:
    """Alternatives with these probabilities; `_` stands for a blank, `n` for a line's end."""
    return tuple((name[1:].replace("_", " ").replace("n", "\n"), math.log(p)) for name, p in shares.items())


def spoken(answer: Make, *tokens: Token | str) -> Answer:
    whole = tuple((one, ()) if isinstance(one, str) else one for one in tokens)
    return replace(answer("".join(text for text, _ in whole)), tokens=whole)


def expected(said: Answer, *facets: str) -> dict[str, tuple[float | None, str | None]]:
    reply = parse_reply(said, facets)
    assert isinstance(reply, Reply)
    found = expectations(said, reply.scores)
    return {facet: (one.value, one.reason) for facet, one in found.items()}


def test_the_spellings_of_a_level_are_one_level_and_all_else_is_left_out(answer: Make) -> None:
    four = (" 4", top(x_4=0.4, x4=0.1, x4n=0.1, x_3=0.2, x5=0.1, xI=0.1))
    said = spoken(answer, '{"rationale": "so", "accuracy":', four, "}")
    (value, reason) = expected(said, "accuracy")["accuracy"]
    # 4 has .6, 3 has .2, 5 has .1 of .9: (4 * .6 + 3 * .2 + 5 * .1) / .9
    assert value == pytest.approx(3.5 / 0.9)
    assert reason is None


def test_digits_in_the_reasons_and_other_facets_are_passed_over(answer: Make) -> None:
    said = spoken(
        answer,
        '{"rationale": "',
        ("2", top(x2=1.0)),
        " of ",
        ("5", top(x5=1.0)),
        ' facts, accuracy: 1", "clarity": ',
        ("2", top(x2=0.5, x1=0.5)),
        ', "accuracy": ',
        ("5", top(x5=0.9, x4=0.1)),
        "}",
    )
    found = expected(said, *FACETS)
    assert found["accuracy"][0] == pytest.approx(4.9)
    assert found["clarity"][0] == pytest.approx(1.5)


@pytest.mark.parametrize(
    "token", ["4", " 4", ": 4", '": 4', "4}", " 4}", "4\n", ":4", '":4}', "▁4", " **4**"]
)
def test_a_token_may_hold_what_stands_around_the_score(answer: Make, token: str) -> None:
    head = '{"rationale": "so", "clarity": 3, "accuracy'
    before, _, after = token.partition("4")
    tail = after if "}" in after else after + "}"
    # Whatever of `": ` the token does not bring itself stands before it.
    lead = {"": '": ', " ": '":', ": ": '"', '": ': "", ":": '"', '":': "", "▁": '": '}.get(before, '": ')
    said = replace(
        answer(
            f"{head}{lead}{before.strip('▁* ') if before in {'▁', ' **'} else before}4{tail.replace('*', '')}"
        ),
        tokens=((head + lead, ()), (token, top(x4=0.75, x3=0.25)), (tail.removeprefix(after), ())),
    )
    if token in {"▁4", " **4**"}:  # the endpoint's spelling is not the reply's: it is not taken for it
        assert expected(said, *FACETS)["accuracy"] == (None, "the tokens do not spell the reply")
    else:
        assert expected(said, *FACETS)["accuracy"][0] == pytest.approx(3.75)


def test_what_is_not_safe_is_undefined_with_its_reason(answer: Make) -> None:
    head = '{"rationale": "so", "accuracy": '
    silent = answer(head + "4}")
    cases = {
        "sent no probabilities": silent,
        "do not spell": replace(silent, tokens=(("something", ()), ("4", top(x4=1.0)))),
        "hold none": spoken(answer, head, "4", "}"),
        "hold 50%": spoken(answer, head, ("4", top(x4=0.5)), "}"),
        "more than the score": spoken(answer, head + "4}"),
        "no single place": spoken(answer, 'accuracy: 4\n{"accuracy": ', ("4", top(x4=1.0)), "}"),
    }
    for words, said in cases.items():
        value, reason = expected(said, "accuracy")["accuracy"]
        assert value is None
        assert words in (reason or ""), reason
    word = spoken(answer, '{"accuracy": "', ("four", top(xfour=1.0)), '"}')
    assert expected(word, "accuracy")["accuracy"][0] is None


def test_a_reply_after_thinking_is_found_behind_it(answer: Make) -> None:
    said = spoken(
        answer,
        '<think>accuracy: 1? {"accuracy": 2}</think>',
        '{"rationale": "so", "accuracy": ',
        ("4", top(x4=0.8, x5=0.2)),
        "}",
    )
    assert expected(said, "accuracy")["accuracy"][0] == pytest.approx(4.2)


def pieces(text: str, places: set[int], random: Random) -> list[str]:
    """Cut a reply as a tokeniser might: scores alone or with a blank before them, all else anywhere."""
    cuts = {0, len(text), *random.sample(range(len(text)), min(len(text), 40))}
    for place in places:
        cuts -= {place}
        cuts |= {place + 1, place - 1 if text[place - 1] == " " and random.random() < 0.5 else place}
    ordered = sorted(cuts)
    return [text[a:b] for a, b in pairwise(ordered) if b > a]


@pytest.mark.parametrize("kind", ANSWERED)
def test_however_a_reply_is_put_and_cut_no_expectation_is_of_another_place(answer: Make, kind: str) -> None:
    found = 0
    for seed in range(30):
        random = Random(f"{kind} {seed}")
        scores = {facet: random.randint(1, 5) for facet in FACETS}
        text, finish = ANSWERED[kind](scores, random)
        places = places_of_scores(text, FACETS)
        for facet, place in places.items():
            assert int(text[place]) == scores[facet], (facet, text)
        tokens = []
        at = 0
        for piece in pieces(text, set(places.values()), random):
            # The right place says .75 for its level and .25 for 3; every other digit would say 1.
            right = any(at <= place < at + len(piece) for place in places.values())
            level = next((sign for sign in piece if sign in "12345"), "1")
            shares = ((level, math.log(0.75)), (f" {level} ", -99.0), ("3", math.log(0.25)))
            tokens.append((piece, shares if right else (("1", 0.0),)))
            at += len(piece)
        said = replace(answer(text, finish), tokens=tuple(tokens))
        reply = parse_reply(said, FACETS)
        assert isinstance(reply, Reply)
        for facet, one in expectations(said, reply.scores).items():
            if one.value is None:
                assert one.reason
                continue
            found += 1
            score = scores[facet]
            assert one.value == pytest.approx(0.75 * score + 0.25 * 3 if score != 3 else 3.0)
    assert found or kind in {"wrong_tool", "echo_then_grade"}, "most ways of putting it are understood"
