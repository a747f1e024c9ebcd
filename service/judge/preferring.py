"""One comparison: the two answers inside the frame, the form of the reply, and the preference that is in it.

A reply is read as strictly as one with scores: what contradicts itself, or may only be quoted from an answer, is no
preference.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from service.domain.asking import Answer, Ask, Format, Message, Question, Sampling
from service.domain.failures import Failure, FailureKind
from service.domain.pairs import Preference
from service.judge.asking import patiently
from service.judge.grammar import REASONS
from service.judge.keys import derive_nonce
from service.judge.messages import around, harmless
from service.judge.pairs import PairCall
from service.judge.seats import THINKING_TOKENS, Output, Seat
from service.judge.thoughts import aloud
from service.library.judge_templates import fill
from service.library.schemas import shorten

SHAPE: Final = f'{{"{REASONS}": "<reasons>", "better": "<A, B or tie>"}}'
"""The form as it is shown; it is no choice, so that repeating it prefers nothing."""
_PLACES: Final[dict[str, Preference]] = {"a": "first", "b": "second", "tie": "tie"}
_SAID = re.compile(
    r"(?:\bbetter\b[\"'*]*\s*[:=]|<better>)[\s\"'*\[(]*(?:answer\s+)?(?P<place>A|B|tie)\b"
    r"(?!\s*(?:,|or|/)\s*(?:A|B|tie)\b)",
    re.IGNORECASE,
)
_MENDABLE = {FailureKind.UNPARSABLE, FailureKind.EMPTY, FailureKind.TRUNCATED}
_KEPT_OF_RAW = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """A reply that was understood."""

    preference: Preference
    rationale: str | None
    raw: str


async def ask_pair(call: PairCall, seat: Seat, ask: Ask, *, deadline: float) -> Preferred | Failure:
    """Return which answer the judge in `seat` prefers, or the failure of the last of two tries.

    `seat` brings the template for pairs.
    """
    messages = pair_messages(seat, call)
    thinking = seat.thinking_tokens
    question = Question(
        messages=messages,
        sampling=Sampling(
            temperature=seat.judge.temperature, max_tokens=seat.judge.max_tokens + thinking, seed=call.seed
        ),
        deadline=deadline,
        format=None if thinking else reply_format(seat.output, seat.template.rationale_characters),
    )
    answer = await patiently(ask, question)
    if isinstance(answer, Failure):
        return answer
    found = parse_preference(answer, quotable=f"{call.first}\n{call.second}")
    if isinstance(found, Preferred) or found.kind not in _MENDABLE:
        return found
    again = _again(question, answer, found, seat)
    if again is None:
        return found
    answer = await patiently(ask, again)
    if isinstance(answer, Failure):
        return answer
    return parse_preference(answer, quotable=f"{call.first}\n{call.second}")


def pair_messages(seat: Seat, call: PairCall) -> tuple[Message, ...]:
    """Return the messages that ask which of two answers is better; neither can close the other's marks."""
    template = seat.template
    nonce = derive_nonce(call.prompt, f"{call.first}\n{call.second}")
    shown = [harmless(text) if text.strip() else template.empty_answer for text in (call.first, call.second)]
    values = {
        **around(template, call.prompt, nonce),
        "first": shown[0],
        "second": shown[1],
        "facets": "\n".join(
            fill(template.facet, {"name": facet.name, "question": facet.question}) for facet in call.facets
        ),
        "shape": SHAPE,
        "form": fill(template.json_form, {"shape": SHAPE}),
        "nonce": nonce,
    }
    user = Message(role="user", content=fill(template.user, values))
    if template.system is None:
        return (user,)
    return (Message(role="system", content=fill(template.system, values)), user)


def parse_preference(answer: Answer, *, quotable: str = "") -> Preferred | Failure:
    """Return the preference in a reply.

    One JSON object and nothing else is taken at its word. Elsewhere every place where something is called better must
    name the same answer; where an answer that was compared holds such words itself, a reply may be quoting it.
    """
    raw = shorten(answer.text, _KEPT_OF_RAW)
    said = aloud(answer.text)
    if answer.finish in {"content_filter", "refusal"}:
        return Failure(kind=FailureKind.REFUSED, message="a filter stopped the judge's reply", raw=raw)
    try:
        whole = json.loads(said.text.strip().removeprefix("```json").strip("`\n "), strict=False)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and str(whole.get("better", "")).strip().lower() in _PLACES:
        reasons = whole.get(REASONS)
        return Preferred(
            preference=_PLACES[str(whole["better"]).strip().lower()],
            rationale=reasons if isinstance(reasons, str) else None,
            raw=raw,
        )
    places = {_PLACES[found["place"].lower()] for found in _SAID.finditer(said.text)}
    quoting = bool(_SAID.search(quotable))
    if len(places) == 1 and not quoting and answer.finish not in {"length", "max_tokens"}:
        return Preferred(preference=places.pop(), rationale=None, raw=raw)
    if answer.finish in {"length", "max_tokens"}:
        message = "the judge's reply was cut off: raise the judge's max_tokens"
        return Failure(kind=FailureKind.TRUNCATED, message=message, raw=raw)
    if not said.text:
        return Failure(kind=FailureKind.EMPTY, message="the judge said nothing", raw=raw or None)
    problem = "it calls more than one answer better" if places else "it does not say which answer is better"
    return Failure(kind=FailureKind.UNPARSABLE, message=problem, raw=raw)


def reply_format(output: Output, characters: int) -> Format | None:
    """Return the constraint for a reply; ``None`` where the endpoint enforces none."""
    if output == "lark":
        start = rf'start: "{{\"{REASONS}\": \"" T "\", \"better\": \"" B "\"}}"'
        grammar = f'{start}\nB: "A" | "B" | "tie"\nT: /[^"\\\\\\n\\r\\t]{{1,{characters}}}/\n'
        return Format(kind="lark", definition=grammar)
    if output in {"json_schema", "tool"}:
        properties: dict[str, object] = {
            REASONS: {"type": "string", "minLength": 1, "maxLength": characters},
            "better": {"enum": ["A", "B", "tie"]},
        }
        schema = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        return Format(kind="tool" if output == "tool" else "json_schema", definition=json.dumps(schema))
    return Format(kind="json_object", definition="") if output == "json_object" else None


def _again(question: Question, answer: Answer, failure: Failure, seat: Seat) -> Question | None:
    """Return the second question: the same with room to think, or told what was wrong; ``None`` without words for it."""
    said = aloud(answer.text)
    if failure.kind is FailureKind.TRUNCATED and (said.unfinished or not answer.text):
        more = replace(question.sampling, max_tokens=question.sampling.max_tokens + THINKING_TOKENS)
        return replace(question, sampling=more)
    if seat.template.repair is None:
        return None
    form = fill(seat.template.json_form, {"shape": SHAPE})
    words = fill(seat.template.repair, {"problem": failure.message, "form": form, "shape": SHAPE})
    shown = harmless(shorten(said.text, 1_000)) or seat.template.empty_answer
    added: Sequence[Message] = (
        Message(role="assistant", content=shown),
        Message(role="user", content=words),
    )
    return replace(
        question,
        messages=(*question.messages, *added),
        format=reply_format(seat.output, seat.template.rationale_characters),
    )
