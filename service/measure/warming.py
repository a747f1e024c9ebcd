"""The first requests of a load: one cold one, reported apart, and as many more as it takes to settle."""

from collections.abc import Callable
from dataclasses import dataclass

from service.domain.asking import Answer, Session, ask_again
from service.domain.evaluations import Spec
from service.domain.failures import OF_THE_ENDPOINT, Failure
from service.domain.models import Candidate
from service.measure.questions import question
from service.measure.schedule import derive_seed

MOST_WARMUPS = 8
SETTLED = 0.05
"""The last three latencies lie within this share of each other: the model is warm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """What the cold request took, in seconds, and how many requests were discarded after it.

    `left_out` are fields that the endpoint refused: found here, so that no timed request meets the refusal.
    """

    cold_first_token: float | None
    cold_latency: float | None
    requests: int
    left_out: tuple[str, ...] = ()


async def warm_up(
    spec: Spec,
    candidate: Candidate,
    session: Session,
    *,
    turn: int,
    enough: Callable[[], bool] = lambda: False,
) -> Warmth | Failure:
    """Ask the shortest prompt until the latency settles; none of it is among the samples.

    At least ``spec.warmup`` requests follow the cold one and at most `MOST_WARMUPS`; with ``warmup`` 0 none does. A
    request that the model refuses (a prompt over its context, say) ends the warm-up: the timed requests will tell which
    prompts fail. Only a process that died here, or an endpoint that cannot be asked at all, is a failure of the load; the
    next load warms up on the next prompt (`turn`), since one prompt that kills the model must not cost all the others. Once
    there was `enough` nothing more is asked.
    """
    prompts = sorted(spec.prompt_set.prompts, key=lambda prompt: (len(prompt.conversation), prompt.id))
    prompt = prompts[turn % len(prompts)]
    latencies: list[float] = []
    cold: Answer | None = None
    asked = 0
    while asked <= spec.warmup or (spec.warmup and asked <= MOST_WARMUPS and not _settled(latencies[1:])):
        if enough():
            break
        seed = derive_seed(spec.seed, "warm-up", asked)
        reply = await ask_again(session.ask, question(candidate, prompt, seed=seed, deadline=spec.deadline))
        if isinstance(reply, Failure):
            if not session.alive or reply.kind in OF_THE_ENDPOINT:
                return reply
            break
        cold = cold or reply
        asked += 1
        latencies.append((reply.end - reply.sent) / 1e9)
    return Warmth(
        cold_first_token=None if cold is None or cold.first is None else (cold.first - cold.sent) / 1e9,
        cold_latency=None if cold is None else (cold.end - cold.sent) / 1e9,
        requests=max(0, asked - 1),
        left_out=() if cold is None else cold.left_out,
    )


def _settled(latencies: list[float]) -> bool:
    last = latencies[-3:]
    return len(last) == 3 and max(last) <= min(last) * (1 + SETTLED)
