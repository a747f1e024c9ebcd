"""How a ranking may be asked for: profile, weights, gates, anchors, use and detail, each fault at its parameter."""

import asyncio
from dataclasses import replace
from typing import Annotated

from litestar.params import QueryParameter

from service.api.serving import Serving
from service.domain.evaluations import Spec
from service.domain.findings import Findings
from service.domain.selection import Profile
from service.errors import Fault, Invalid
from service.library.adjusting import Adjustment, adjusted
from service.report.standing import DETAILS
from service.store import evaluations as store

Weights = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=500,
        description="Weights instead of the profile's, as in quality:0.6,latency_p95:0.4; what is not named counts nothing.",
    ),
]
Gates = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=500,
        description="Gates to change or add, as in memory:4GiB,quality:3,quality.accuracy:3,errors:5%,licence; off takes one out.",
    ),
]
Anchors = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=500,
        description="Anchors to change, zero first, as in latency_p95:10s..500ms,memory:8GiB..512MiB:log.",
    ),
]
Detail = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=200,
        description=f"What to add to the first five figures: {', '.join(DETAILS)}, or all.",
    ),
]


def details(named: str | None) -> frozenset[str]:
    """Return the details asked for.

    Raises
    ------
    Invalid
        For one that there is not.
    """
    wanted = frozenset(name.strip() for name in named.split(",")) if named else frozenset()
    unknown = sorted(wanted - DETAILS.keys() - {"all"})
    if unknown:
        detail = f"there is no detail '{unknown[0]}' (known: {', '.join(DETAILS)}, all)"
        raise Invalid(f"detail: {detail}", [Fault(pointer="", parameter="detail", detail=detail)])
    return frozenset(DETAILS) if "all" in wanted else wanted


async def find(
    serving: Serving, id_: str, profile: str | None = None, adjustment: Adjustment | None = None
) -> Findings:
    """Return what is known of an evaluation, ranked by `profile` where one is named, with the changes asked for.

    Raises
    ------
    NotFound
        If there is no such evaluation or profile.
    Invalid
        With every fault of the changes at its parameter.
    """
    evaluation = await store.get(serving.database, id_)
    chosen = await asyncio.to_thread(_profile, serving, evaluation.spec, profile, adjustment or Adjustment())
    return await serving.find(evaluation, chosen)


def _profile(serving: Serving, spec: Spec, named: str | None, adjustment: Adjustment) -> Profile | None:
    """Return what to rank by; ``None`` for the evaluation's own profile and use."""
    if named is None and not adjustment.wanted:
        return None
    base = own_terms(spec) if named is None else serving.library.profile(named)
    return adjusted(base, adjustment, facets=[facet.name for facet in spec.rubric.facets])


def own_terms(spec: Spec) -> Profile:
    """Return the evaluation's profile with the evaluation's use."""
    return replace(spec.profile, use=spec.use)
