"""Which answers a candidate owes, in which order, and the seed of each request."""

import hashlib
import random

from service.domain.evaluations import Spec
from service.domain.responses import Slot


def schedule(spec: Spec, candidate: str, pass_number: int) -> tuple[Slot, ...]:
    """Return every slot of `candidate` in one pass: every prompt once before any comes again.

    Within each round the order is random and the evaluation's seed decides it, so that whatever ends a pass early leaves a
    fair sample of the prompts. All candidates get the same order, so that a drift of the machine meets the same prompts; another pass has another.
    """
    drawn = random.Random(derive_seed(spec.seed, "order", pass_number))  # noqa: S311  # reproducible, not secret
    prompts = sorted(prompt.id for prompt in spec.prompt_set.prompts)
    slots: list[Slot] = []
    for round_number in range(1, spec.rounds + 1):
        drawn.shuffle(prompts)
        slots += [
            Slot(candidate=candidate, prompt=prompt, pass_number=pass_number, round_number=round_number)
            for prompt in prompts
        ]
    return tuple(slots)


def candidate_order(spec: Spec, pass_number: int) -> tuple[str, ...]:
    """Return the candidates' names in the order in which this pass measures them."""
    names = [candidate.name for candidate in spec.candidates]
    if pass_number > 1:
        random.Random(derive_seed(spec.seed, "candidates", pass_number)).shuffle(names)  # noqa: S311  # as above
    return tuple(names)


def derive_seed(*parts: object) -> int:
    """Return a seed of 31 bits from `parts`: the same parts always give the same seed.

    Rounds differ in their seed, so that their answers may differ; a repeated run repeats them.

    Examples
    --------
    >>> derive_seed(1, "p1", 1) == derive_seed(1, "p1", 1) != derive_seed(1, "p1", 2)
    True
    """
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
