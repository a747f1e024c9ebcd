"""What a rubric's author should look at again: facets that two people would score differently, or that no judge can qualify on."""

import re
from collections.abc import Iterator

from service.domain.rubrics import Facet, Rubric
from service.errors import Fault
from service.library.schemas import pointer

FEWEST_WORDS = 3
_VAGUE = re.compile(
    r"\b(?:good|bad|poor|fair|excellent|great|nice|ok|okay|average|decent|adequate|acceptable|satisfactory|high|low|medium|"
    r"quality|perfect|very|quite|somewhat|somehow|appropriate|appropriately|reasonable|reasonably|etc)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\w+")


def vague_places(rubric: Rubric) -> Iterator[Fault]:
    """Yield what is vague, each at its place in the file; none of it keeps the rubric from being used.

    A level that says nothing to be seen in an answer (``Good.``), levels that are alike, and facets without planted faults.
    """
    for at, facet in enumerate(rubric.facets):
        yield from _levels(at, facet)
        if facet.check is None and not facet.degraded_by:
            detail = "no planted fault lowers this facet (degraded_by), so no judge can qualify on it and it decides nothing"
            yield Fault(pointer=pointer("facets", at, "degraded_by"), detail=detail)
        if facet.weight == 0:
            detail = "its weight is 0: it costs the judge's time and decides nothing"
            yield Fault(pointer=pointer("facets", at, "weight"), detail=detail)
    if len(rubric.facets) > 1 and len({facet.weight for facet in rubric.facets}) == 1:
        detail = "all facets weigh the same: say what matters more, or leave the weights out on purpose"
        yield Fault(pointer="/facets", detail=detail)


def _levels(at: int, facet: Facet) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for level, sentence in enumerate(facet.levels, start=1):
        place = pointer("facets", at, "levels", str(level))
        words = [word.lower() for word in _WORDS.findall(sentence)]
        telling = [word for word in words if not _VAGUE.fullmatch(word)]
        if len(telling) < FEWEST_WORDS:
            yield Fault(
                pointer=place,
                detail=f"'{sentence}' says nothing to be seen in an answer: say what is there or missing",
            )
        same = " ".join(words)
        if same in seen:
            yield Fault(
                pointer=place, detail=f"it says the same as level {seen[same]}: say what sets them apart"
            )
        seen.setdefault(same, level)
