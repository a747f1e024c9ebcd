"""Comparing two answers: which calls there are, in both orders, and the planted ones that show whether a judge may compare.

Pure: the same answers always give the same calls under the same keys.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from service.domain.responses import Response
from service.domain.rubrics import Degradation, Facet, Prompt, Rubric
from service.domain.templates import JudgeTemplate
from service.judge.degradations import Material, degrade
from service.judge.seats import Seat
from service.judge.work import facets_of
from service.library.fingerprints import fingerprint

MOST_TIED = 4
"""Larger ties are not compared: ten candidates would be 45 pairs."""
MOST_PROMPTS = 40
"""Prompts on which two candidates are compared, spread evenly over the set."""
PLANTED = {"quick": 16, "full": 40}
"""Pairs of which the better one is known, by depth of examination; each takes two calls."""
_WORSE: tuple[tuple[Degradation | None, Degradation], ...] = (
    (None, "wrong_fact"),
    (None, "truncated"),
    (None, "shuffled"),
    ("wrong_fact", "off_topic"),
    (None, "off_topic"),
)
"""What the better and the worse answer of a planted pair are; ``None``: the reference itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCall:
    """One question: which of two answers to a prompt is better, by these facets."""

    key: str
    prompt: Prompt
    first: str
    second: str
    facets: tuple[Facet, ...]
    seed: int
    planted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers in both orders; of a planted pair the first of `forth` is the better one."""

    forth: PairCall
    back: PairCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Faceoff:
    """Two candidates on one prompt; `pair` is ``None`` where they said the same."""

    prompt: str
    candidate: str
    against: str
    pair: Pair | None


def planted_pairs(prompts: Sequence[Prompt], rubric: Rubric, seat: Seat, seed: int) -> tuple[Pair, ...]:
    """Return pairs of a better and a worse answer, from prompts with a reference; `seed` is the evaluation's."""
    usable = [prompt for prompt in prompts if prompt.reference and prompt.reference.strip()]
    found: dict[str, Pair] = {}
    for turn in range(len(_WORSE)):
        for place, prompt in enumerate(usable):
            if len(found) == PLANTED[seat.judge.examination]:
                return tuple(found.values())
            good, bad = _WORSE[(turn + place) % len(_WORSE)]
            others = tuple(other.reference or "" for other in usable if other.id != prompt.id)
            material = Material(question=prompt.conversation, reference=prompt.reference or "", others=others)
            better = material.reference if good is None else degrade(good, material)
            worse = degrade(bad, material)
            if better and worse is not None and better.strip() != worse.strip():
                pair = pair_of(prompt, better, worse, rubric, seat, seed, planted=True)
                found.setdefault(pair.forth.key, pair)
    return tuple(found.values())


def faceoffs(
    responses: Sequence[Response],
    prompts: Sequence[Prompt],
    rubric: Rubric,
    seat: Seat,
    *,
    candidates: Sequence[str],
    seed: int,
) -> Iterator[Faceoff]:
    """Yield every two of `candidates` on the prompts that both answered, by the first answer of each.

    Prompts without a facet are left out, and beyond `MOST_PROMPTS` a spread of them is taken.
    """
    first: dict[tuple[str, str], Response] = {}
    for response in sorted(responses, key=lambda one: (one.slot.pass_number, one.slot.round_number)):
        first.setdefault((response.slot.prompt, response.slot.candidate), response)
    number = min(MOST_PROMPTS, len(prompts))
    chosen = [prompts[place * len(prompts) // number] for place in range(number)]
    for prompt in chosen:
        for candidate, against in combinations(sorted(candidates), 2):
            ours, theirs = first.get((prompt.id, candidate)), first.get((prompt.id, against))
            if ours is None or theirs is None:
                continue
            same = ours.text.strip() == theirs.text.strip()
            yield Faceoff(
                prompt=prompt.id,
                candidate=candidate,
                against=against,
                pair=None if same else pair_of(prompt, ours.text, theirs.text, rubric, seat, seed),
            )


def shared(faces: Sequence[Faceoff], candidates: int) -> tuple[Faceoff, ...]:
    """Return those on prompts that all `candidates` answered: every two of them meet on the same prompts."""
    pairs = Counter(face.prompt for face in faces)
    return tuple(face for face in faces if pairs[face.prompt] == candidates * (candidates - 1) // 2)


def pair_of(
    prompt: Prompt, one: str, other: str, rubric: Rubric, seat: Seat, seed: int, *, planted: bool = False
) -> Pair:
    """Return both orders of two answers as calls."""
    facets = tuple(sorted(facets_of(rubric, prompt), key=lambda facet: -facet.weight))
    forth, back = (
        _call(prompt, first, second, facets, seat, seed) for first, second in ((one, other), (other, one))
    )
    return Pair(forth=replace(forth, planted=planted), back=replace(back, planted=planted))


def calls_at_most(prompts: int, candidates: int, seats: Sequence[Seat]) -> int:
    """Return the calls that comparing a tie of all candidates would take, with those that test the judge."""
    if not seats or candidates < 2:
        return 0
    tied = min(candidates, MOST_TIED)
    planted = max(PLANTED[seat.judge.examination] for seat in seats)
    return 2 * (planted + tied * (tied - 1) // 2 * min(prompts, MOST_PROMPTS))


def compares(template: JudgeTemplate) -> bool:
    """Whether a judge with this template is a general one; the built-in one knows only the form it was trained on."""
    return "level_1" in template.facet


def _call(
    prompt: Prompt, first: str, second: str, facets: tuple[Facet, ...], seat: Seat, seed: int
) -> PairCall:
    content = {
        "prompt": prompt.asked,
        "first": first,
        "second": second,
        "facets": [[facet.name, facet.question] for facet in facets],
    }
    drawn = int(fingerprint([seed, content])[:8], 16) >> 1
    key = fingerprint(
        {
            **content,
            "scheme": "pair 1",
            "judge": seat.identity,
            "seed": drawn if seat.judge.temperature > 0 else None,
        }
    )
    return PairCall(key=key, prompt=prompt, first=first, second=second, facets=facets, seed=drawn)
