"""Content addresses of verdicts, and the seeds and delimiters that are derived from content.

A key holds all that could change the score and nothing else: equal answers share a verdict, whoever gave them and in
whatever evaluation, and another judge, template, level sentence, example or reference never meets it. Weights are not in
it, so that other weights need no new verdicts.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from service.domain.rubrics import CheckKind, Facet, Prompt
from service.domain.templates import JudgeTemplate
from service.judge.seats import Seat
from service.library.fingerprints import canonical, fingerprint

SCHEME = 1
"""Raised when the meaning of a key or of a check changes, so that no older verdict is taken for a new one."""


def judge_keys(
    seat: Seat, prompt: Prompt, answer: str, facets: Sequence[Facet], seed: int, sample: int
) -> dict[str, str]:
    """Return the address of a judge's verdict on each of `facets`, asked for together.

    `seed` counts only where the sample is drawn: a greedy reply does not depend on it.
    """
    drawn = seed if seat.temperature(sample) > 0 else None
    rest = _rest(seat, _asked(prompt), tuple(facets), drawn, sample)
    head = b'{"answer":%b,"facet":' % canonical(answer)
    return {
        facet.name: hashlib.sha256(b"%b%b,%b" % (head, canonical(facet.name), rest)).hexdigest()
        for facet in facets
    }


def judge_key(
    seat: Seat, prompt: Prompt, answer: str, facets: Sequence[Facet], facet: Facet, seed: int, sample: int
) -> str:
    """Return the address of a judge's verdict on `facet`, asked for together with all of `facets`."""
    return judge_keys(seat, prompt, answer, facets, seed, sample)[facet.name]


@lru_cache(maxsize=4096)
def _rest(
    seat: Seat,
    asked: tuple[tuple[str, Any], ...],
    facets: tuple[Facet, ...],
    seed: int | None,
    sample: int,
) -> bytes:
    """Return what all keys of one question share, as the end of one canonical object: there are thousands of answers."""
    content = {
        "facets": [_facet(each, seat.template) for each in facets],
        "judge": {**seat.identity, "temperature": float(seat.temperature(sample))},
        "prompt": dict(asked),
        "sample": sample,
        "scheme": SCHEME,
        "seed": seed,
    }
    return canonical(content)[1:]


def _asked(prompt: Prompt) -> tuple[tuple[str, Any], ...]:
    """Return what is asked as something that can be remembered by."""
    said = prompt.asked
    if "history" in said:
        said["history"] = tuple(map(tuple, said["history"]))
    return tuple(said.items())


def check_key(kind: CheckKind, prompt: Prompt, answer: str, facet: str) -> str:
    """Return the address of a check's verdict."""
    return fingerprint(
        {
            "scheme": SCHEME,
            "check": kind,
            "reference": prompt.reference,
            "expect": prompt.expect,
            "answer": answer,
            "facet": facet,
        }
    )


def derive_seed(evaluation_seed: int, prompt: Prompt, facets: Sequence[Facet], sample: int) -> int:
    """Return the seed of one judge call, 0 to 2^31 - 1: samples differ, runs repeat."""
    names = tuple(facet.name for facet in facets)
    return _seed(evaluation_seed, _asked(prompt), names, sample)


@lru_cache(maxsize=4096)
def _seed(
    evaluation_seed: int,
    asked: tuple[tuple[str, Any], ...],
    facets: tuple[str, ...],
    sample: int,
) -> int:
    content = [evaluation_seed, dict(asked), list(facets), sample]
    return int.from_bytes(hashlib.sha256(canonical(content)).digest()[:4], "big") >> 1


def derive_nonce(prompt: Prompt, answer: str, facets: Sequence[Facet] = ()) -> str:
    """Return the code in the delimiters around untrusted text: it is in none of the texts it encloses.

    It hangs on the whole answer, so whoever writes the answer cannot know it.
    """
    texts = (
        answer,
        prompt.text,
        prompt.reference or "",
        prompt.system or "",
        *(t.content for t in prompt.history),
    )
    # Examples are looked through and not hashed: the code is the same whatever facet is asked about.
    enclosed = (*texts, *(text for facet in facets for each in facet.examples for text in each.texts))
    turn = 0
    while True:
        code = fingerprint(["nonce", *texts, turn])[:12]
        if not any(code in text for text in enclosed):
            return code
        turn += 1


def _facet(facet: Facet, template: JudgeTemplate) -> dict[str, object]:
    """Return what the judge is told of a facet; examples only where there are some and the template shows them."""
    told: dict[str, object] = {"name": facet.name, "question": facet.question, "levels": facet.levels}
    if not facet.examples or not template.example:
        return told
    shown = [[each.level, each.question, each.answer, each.why] for each in facet.examples]
    return {**told, "examples": shown, "shown_by": template.of_examples}
