"""Selection profiles: gates, anchors and weights, from YAML to `domain.selection.Profile`."""

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from service.domain.selection import Criterion, CriterionName, Gate, GateName, Profile
from service.errors import Fault
from service.library.fingerprints import fingerprint
from service.library.quantities import Dimension, quantity
from service.library.schemas import check, pointer, refuse

CRITERIA: dict[CriterionName, Dimension] = {
    "quality": "points",
    "latency_mean": "seconds",
    "latency_p95": "seconds",
    "first_token": "seconds",
    "throughput": "tokens/s",
    "memory": "bytes",
    "disk": "bytes",
}
GATES: dict[GateName, Dimension] = {
    "memory": "bytes",
    "latency_p95": "seconds",
    "context": "tokens",
    "quality": "points",
    "errors": "share",
}
_MORE_IS_BETTER = {"quality", "throughput"}


def parse_profile(document: Any, name: str, schema: Path) -> Profile:
    """Return the profile that `document` describes, quantities in base units.

    Raises
    ------
    InvalidFile
        With every fault: what does not fit `schema`, a unit of the wrong dimension, anchors the wrong way round, a
        criterion twice, weights that are all zero.
    """
    what = f"the profile '{name}'"
    check(document, schema, what)
    faults: list[Fault] = []
    criteria = tuple(_criterion(entry, index, faults) for index, entry in enumerate(document["criteria"]))
    gates = tuple(_gate(entry, index, faults) for index, entry in enumerate(document.get("gates", ())))
    faults.extend(_faults(criteria, gates))
    refuse(what, faults)
    content: dict[str, Any] = {
        key: document[key] for key in ("epsilon", "confidence", "unproven", "use", "title") if key in document
    }
    content["description"] = document.get("description", "").strip()
    if "tie_break" in document:
        content["tie_break"] = tuple(document["tie_break"])
    return fingerprinted(Profile(name=name, gates=gates, criteria=criteria, fingerprint="", **content))


def fingerprinted(profile: Profile) -> Profile:
    """Return the profile with the fingerprint of what it says; its name plays no part."""
    fields = asdict(profile)
    del fields["name"], fields["fingerprint"]
    return replace(profile, fingerprint=fingerprint(fields))


def _criterion(entry: dict[str, Any], index: int, faults: list[Fault]) -> Criterion:
    name: CriterionName = entry["name"]
    anchors: dict[str, float | None] = {"zero": None, "full": None}
    for anchor in anchors:
        if anchor in entry and name in CRITERIA:
            anchors[anchor] = _read(entry[anchor], CRITERIA[name], pointer("criteria", index, anchor), faults)
    return Criterion(name=name, weight=float(entry["weight"]), scale=entry.get("scale", "linear"), **anchors)


def _gate(entry: dict[str, Any], index: int, faults: list[Fault]) -> Gate:
    name: GateName = entry["name"]
    limit = None
    if "limit" in entry and name in GATES:
        limit = _read(entry["limit"], GATES[name], pointer("gates", index, "limit"), faults)
    return Gate(name=name, limit=limit, facet=entry.get("facet"))


def _read(written: str | float, dimension: Dimension, where: str, faults: list[Fault]) -> float | None:
    try:
        return quantity(written, dimension)
    except ValueError as error:
        faults.append(Fault(pointer=where, detail=str(error)))
        return None


def _faults(criteria: tuple[Criterion, ...], gates: tuple[Gate, ...]) -> list[Fault]:
    faults = []
    for index, criterion in enumerate(criteria):
        detail = anchor_fault(criterion)
        if detail is not None:
            faults.append(Fault(pointer=pointer("criteria", index), detail=detail))
    for name, times in Counter(criterion.name for criterion in criteria).items():
        if times > 1:
            faults.append(
                Fault(pointer="/criteria", detail=f"'{name}' is there {times} times: keep one of them")
            )
    for gate, times in Counter((gate.name, gate.facet) for gate in gates).items():
        if times > 1:
            faults.append(
                Fault(pointer="/gates", detail=f"'{gate[0]}' is there {times} times: keep one of them")
            )
    if not any(criterion.weight > 0 for criterion in criteria):
        faults.append(Fault(pointer="/criteria", detail="every weight is zero: give one a weight above zero"))
    return faults


def anchor_fault(criterion: Criterion) -> str | None:
    """Say what is wrong with a criterion's anchors; ``None`` when nothing is, or when they could not be read."""
    zero, full = criterion.zero, criterion.full
    if criterion.name == "licence" or zero is None or full is None:
        return None
    if zero == full:
        return f"'zero' and 'full' are both {zero}, so nothing could be told apart: move one of them"
    if (full < zero) if criterion.name in _MORE_IS_BETTER else (full > zero):
        better = "above" if criterion.name in _MORE_IS_BETTER else "below"
        return f"'full' ({full}) must be {better} 'zero' ({zero}): swap them"
    if criterion.scale == "log" and min(zero, full) <= 0:
        return "a log scale needs anchors above zero: change the anchor or use 'scale: linear'"
    return None
