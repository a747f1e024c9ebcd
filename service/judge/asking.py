"""One call to the judge: ask, read, and where the reply holds no scores ask once more."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from service.domain.asking import Answer, Ask, Question, Sampling, ask_again
from service.domain.failures import PASSING, Failure, FailureKind
from service.judge.expectation import expectations
from service.judge.grammar import reply_format
from service.judge.messages import judge_messages, repair_messages
from service.judge.parsing import Reply, parse_reply
from service.judge.seats import THINKING_TOKENS, Seat
from service.judge.thoughts import aloud
from service.judge.work import JudgeCall

PAUSES = (0.1, 0.4)
"""Seconds before a call is repeated that met a passing fault of the endpoint."""
_MENDABLE = {FailureKind.UNPARSABLE, FailureKind.EMPTY, FailureKind.TRUNCATED}


async def ask_judge(call: JudgeCall, seat: Seat, ask: Ask, *, deadline: float) -> Reply | Failure:
    """Return the judge's scores for `call`, or the failure of the last try.

    A reply without scores is answered once: by the template's words for that, if it has any, or, where thinking had used
    up all tokens, by the same question with more of them. A reply that refuses is not: the same would happen again.
    `deadline` holds for each of the at most two questions. What an endpoint may recover from is tried again at once.
    """
    names = [facet.name for facet in call.facets]
    texts = (call.answer, call.prompt.conversation, call.prompt.reference, call.prompt.system)
    quotable = "\n".join(text for text in texts if text)
    question = _question(call, seat, deadline)
    answer = await patiently(ask, question)
    if isinstance(answer, Failure):
        return answer
    reply = _read(answer, names, quotable, seat)
    if isinstance(reply, Reply) or reply.kind not in _MENDABLE:
        return reply
    again = _again(question, answer, reply, call, seat)
    if again is None:
        return reply
    answer = await patiently(ask, again)
    return answer if isinstance(answer, Failure) else _read(answer, names, quotable, seat)


def _read(answer: Answer, facets: Sequence[str], quotable: str, seat: Seat) -> Reply | Failure:
    reply = parse_reply(answer, facets, quotable=quotable)
    if isinstance(reply, Failure) or not seat.logprobs:
        return reply
    return replace(reply, expectations=expectations(answer, reply.scores))


async def patiently(ask: Ask, question: Question) -> Answer | Failure:
    """Ask, and ask again after a pause where the endpoint failed in a way that passes: no call of a judge is timed."""
    answer = await ask_again(ask, question)
    for pause in PAUSES:
        if not (isinstance(answer, Failure) and answer.kind in PASSING):
            break
        await asyncio.sleep(pause)
        answer = await ask_again(ask, question)
    return answer


def _question(call: JudgeCall, seat: Seat, deadline: float) -> Question:
    """Return the first question; a judge that is to think first is not held to a form, which would forbid it."""
    names = [facet.name for facet in call.facets]
    thinking = seat.thinking_tokens
    return Question(
        messages=judge_messages(seat.template, call.prompt, call.answer, call.facets, tagged=seat.tagged),
        sampling=Sampling(
            temperature=call.temperature, max_tokens=seat.judge.max_tokens + thinking, seed=call.seed
        ),
        deadline=deadline,
        format=None if thinking else reply_format(seat.output, names, seat.template.rationale_characters),
        logprobs=seat.logprobs,
    )


def _again(
    question: Question, answer: Answer, failure: Failure, call: JudgeCall, seat: Seat
) -> Question | None:
    """Return the second question, ``None`` where there is none to ask.

    A judge that could not keep to JSON although nothing held it to that is now asked for tags.
    """
    said = aloud(answer.text)
    if (
        failure.kind is FailureKind.TRUNCATED
        and (said.unfinished or not answer.text)
        and not seat.thinking_tokens
    ):
        more = replace(question.sampling, max_tokens=question.sampling.max_tokens + THINKING_TOKENS)
        return replace(question, sampling=more)
    names = [facet.name for facet in call.facets]
    constraint = reply_format(seat.output, names, seat.template.rationale_characters)
    messages = repair_messages(
        seat.template,
        question.messages,
        said.text,
        failure.message,
        call.facets,
        tagged=constraint is None and bool(seat.template.tag_form),
    )
    return None if messages is None else replace(question, messages=messages, format=constraint)
