"""One call to the judge: ask, read, and where the reply holds no scores ask once more."""

from dataclasses import replace

from service.domain.asking import Ask, Question, Sampling
from service.domain.failures import Failure, FailureKind
from service.judge.grammar import reply_format
from service.judge.messages import judge_messages, repair_messages
from service.judge.parsing import Reply, parse_reply
from service.judge.seats import Seat
from service.judge.work import JudgeCall

_MENDABLE = {FailureKind.UNPARSABLE, FailureKind.EMPTY}


async def ask_judge(call: JudgeCall, seat: Seat, ask: Ask, *, deadline: float) -> Reply | Failure:
    """Return the judge's scores for `call`, or the failure of the last try.

    A reply without scores is answered once with the template's words for that, if it has any. A reply that was cut off
    or refused is not: the same would happen again. `deadline` holds for each of the at most two questions.
    """
    names = [facet.name for facet in call.facets]
    question = Question(
        messages=judge_messages(seat.template, call.prompt, call.answer, call.facets),
        sampling=Sampling(
            temperature=seat.judge.temperature, max_tokens=seat.judge.max_tokens, seed=call.seed
        ),
        deadline=deadline,
        format=reply_format(seat.output, names, seat.template.rationale_characters),
    )
    answer = await ask(question)
    if isinstance(answer, Failure):
        return answer
    reply = parse_reply(answer, names)
    if isinstance(reply, Reply) or reply.kind not in _MENDABLE:
        return reply
    again = repair_messages(seat.template, question.messages, reply.raw or "", reply.message, call.facets)
    if again is None:
        return reply
    answer = await ask(replace(question, messages=again))
    return answer if isinstance(answer, Failure) else parse_reply(answer, names)
