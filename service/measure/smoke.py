"""Ask one model one thing at once, to see whether it loads and answers."""

from dataclasses import dataclass

from service.domain.asking import Answer, Message, OpenSession, Question, Sampling, ask_again
from service.domain.failures import Failure
from service.domain.models import Loaded, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoke:
    """What was seen: the load, and the answer or why there is none."""

    loaded: Loaded
    answer: Answer | Failure


async def smoke_check(
    open_session: OpenSession, model: Model, prompt: str, *, max_tokens: int, deadline: float
) -> Smoke | Failure:
    """Load `model` in a process of its own, ask it `prompt` and end the process; a failed load is the failure."""
    async with open_session(model) as session:
        loaded = await session.load()
        if isinstance(loaded, Failure):
            return loaded
        answer = await ask_again(
            session.ask,
            Question(
                messages=(Message(role="user", content=prompt),),
                sampling=Sampling(temperature=0.0, max_tokens=max_tokens, seed=1),
                deadline=deadline,
            ),
        )
    return Smoke(loaded=loaded, answer=answer)
