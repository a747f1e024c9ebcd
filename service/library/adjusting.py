"""Adjusting: a profile with other weights, gates, anchors or use, written as short text in a query.

``weights=quality:0.6,latency_p95:0.4`` replaces all weights: what is not named counts nothing. ``gates=memory:4GiB`` and
``anchors=latency_p95:10s..500ms`` change what they name and leave the rest; ``gates=memory:off`` takes a gate out.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from service.domain.selection import Criterion, CriterionName, Gate, GateName, Profile, Use
from service.errors import Fault, Invalid
from service.library.profiles import CRITERIA, GATES, anchor_fault, fingerprinted
from service.library.quantities import quantity

HEAVIEST = 1000.0
"""Largest weight, as in a profile's file."""
NAMES: tuple[CriterionName, ...] = get_args(CriterionName)
SHORT: dict[str, CriterionName] = {"latency": "latency_p95", "p95": "latency_p95", "license": "licence"}
"""Shorter names that people write."""
SCALES = ("linear", "log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What somebody wants changed, as written; ``None`` leaves it as it is."""

    weights: str | None = None
    gates: str | None = None
    anchors: str | None = None
    use: Use | None = None

    @property
    def wanted(self) -> bool:
        """Whether anything is to be changed."""
        return any((self.weights, self.gates, self.anchors, self.use))


def adjusted(profile: Profile, adjustment: Adjustment, *, facets: Sequence[str] = ()) -> Profile:
    """Return the profile with the changes, under a name and fingerprint that say so.

    Parameters
    ----------
    facets
        The rubric's facets, which a quality gate may name as ``quality.<facet>``.

    Raises
    ------
    Invalid
        With every fault at its parameter: negative or all-zero weights, equal anchors, an unknown name, a wrong unit.
    """
    if not adjustment.wanted:
        return profile
    faults: list[Fault] = []
    criteria = _anchored(profile.criteria, adjustment.anchors, faults)
    criteria = _weighed(criteria, adjustment.weights, faults)
    gates = _gated(profile.gates, adjustment.gates, facets, faults)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Invalid(f"{faults[0].parameter}: {faults[0].detail}{more}", faults)
    changed = replace(profile, criteria=criteria, gates=gates, use=adjustment.use or profile.use)
    if changed == profile:
        return profile
    return fingerprinted(replace(changed, name=f"{profile.name}, changed"))


def _weighed(
    criteria: tuple[Criterion, ...], written: str | None, faults: list[Fault]
) -> tuple[Criterion, ...]:
    if written is None:
        return criteria
    weights: dict[CriterionName, float] = {}
    for name, value in _pairs(written, "weights", "quality:0.6,latency_p95:0.4", faults):
        known = _criterion(name, "weights", faults)
        weight = _weight(name, value, faults)
        if known is None or weight is None:
            continue
        if known != "licence" and known not in {one.name for one in criteria}:
            detail = f"the profile has no anchors for {known}: give them too, as in anchors={known}:{_example(known)}"
            faults.append(_fault("weights", detail))
        weights[known] = weight
    if weights and not any(weights.values()):
        faults.append(_fault("weights", "every weight is zero: give one a weight above zero"))
    found = [replace(one, weight=weights.pop(one.name, 0.0)) for one in criteria]
    if "licence" in weights:
        found.append(Criterion(name="licence", weight=weights["licence"]))
    return tuple(found)


def _weight(name: str, value: str, faults: list[Fault]) -> float | None:
    try:
        weight = float(value)
    except ValueError:
        faults.append(_fault("weights", f"the weight of {name} is '{value}': write a number such as 0.4"))
        return None
    if not math.isfinite(weight) or not 0 <= weight <= HEAVIEST:
        cure = "write a number from 0 to 1000; to make a criterion count against a model, swap its anchors"
        faults.append(_fault("weights", f"the weight of {name} is {value}: {cure}"))
        return None
    return weight


def _anchored(
    criteria: tuple[Criterion, ...], written: str | None, faults: list[Fault]
) -> tuple[Criterion, ...]:
    if written is None:
        return criteria
    found = {one.name: one for one in criteria}
    for name, value in _pairs(written, "anchors", "latency_p95:10s..500ms", faults):
        known = _criterion(name, "anchors", faults)
        if known is None:
            continue
        if known == "licence":
            faults.append(
                _fault("anchors", "the licence has no anchors: its utility is in the licence table")
            )
            continue
        had = found.get(known) or Criterion(name=known, weight=0.0, scale=_usual_scale(known))
        changed = _moved(had, value, faults)
        if changed is not None:
            found[known] = changed
    return tuple(found.values())


def _moved(had: Criterion, value: str, faults: list[Fault]) -> Criterion | None:
    span, _, scale = value.partition(":")
    zero, dots, full = span.partition("..")
    if not dots or (scale and scale not in SCALES):
        form = f"write ZERO..FULL with ':log' or ':linear' behind it if need be, as in {had.name}:{_example(had.name)}"
        faults.append(_fault("anchors", f"'{value}' is no pair of anchors: {form}"))
        return None
    try:
        ends = [quantity(end, CRITERIA[had.name]) for end in (zero, full)]
    except ValueError as error:
        faults.append(_fault("anchors", f"{had.name}: {error}"))
        return None
    moved = replace(had, zero=ends[0], full=ends[1])
    if scale:
        moved = replace(moved, scale="log" if scale == "log" else "linear")
    wrong = anchor_fault(moved)
    if wrong is not None:
        faults.append(_fault("anchors", f"{had.name}: {wrong}"))
        return None
    return moved


def _gated(
    gates: tuple[Gate, ...], written: str | None, facets: Sequence[str], faults: list[Fault]
) -> tuple[Gate, ...]:
    if written is None:
        return gates
    found = {(gate.name, gate.facet): gate for gate in gates}
    for name, value in _pairs(written, "gates", "memory:4GiB,quality:3", faults, bare={"licence"}):
        gate, _, facet = name.partition(".")
        key = _gate_key(gate, facet, facets, faults)
        if key is None:
            continue
        if value == "off":
            found.pop(key, None)
        elif key[0] == "licence":
            if value:
                faults.append(
                    _fault("gates", f"the licence gate has no limit: leave '{value}' out, or write off")
                )
            found[key] = Gate(name="licence")
        else:
            try:
                found[key] = Gate(name=key[0], limit=quantity(value, GATES[key[0]]), facet=key[1])
            except ValueError as error:
                faults.append(_fault("gates", f"{name}: {error}, or off"))
    return tuple(found.values())


def _gate_key(
    gate: str, facet: str, facets: Sequence[str], faults: list[Fault]
) -> tuple[GateName, str | None] | None:
    known: tuple[GateName, ...] = get_args(GateName)
    name = cast(GateName, SHORT.get(gate, gate))
    if name not in known:
        faults.append(_fault("gates", f"there is no gate '{gate}' (known: {', '.join(known)})"))
    elif facet and name != "quality":
        faults.append(_fault("gates", f"only the quality gate has facets: write {name}:LIMIT"))
    elif facet and facet not in facets:
        faults.append(_fault("gates", f"the rubric has no facet '{facet}' (known: {', '.join(facets)})"))
    else:
        return name, facet or None
    return None


def _criterion(name: str, parameter: str, faults: list[Fault]) -> CriterionName | None:
    known = SHORT.get(name, name)
    if known not in NAMES:
        faults.append(_fault(parameter, f"there is no criterion '{name}' (known: {', '.join(NAMES)})"))
        return None
    return known


def _pairs(
    written: str,
    parameter: str,
    example: str,
    faults: list[Fault],
    *,
    bare: frozenset[str] | set[str] = frozenset(),
) -> Iterator[tuple[str, str]]:
    """Yield what stands before and behind the first colon of each part; each name once."""
    seen: set[str] = set()
    for part in written.split(","):
        name, colon, value = (piece.strip() for piece in part.strip().partition(":"))
        if not name or (not value and (colon or name not in bare)):
            faults.append(
                _fault(parameter, f"'{part.strip()}' is no name:value: write {parameter}={example}")
            )
        elif SHORT.get(name, name) in seen:
            faults.append(_fault(parameter, f"'{name}' is there twice: keep one of them"))
        else:
            seen.add(SHORT.get(name, name))
            yield name, value


def _usual_scale(name: CriterionName) -> Literal["linear", "log"]:
    return "linear" if name == "quality" else "log"


def _example(name: CriterionName) -> str:
    examples = {"seconds": "10s..500ms", "bytes": "8GiB..512MiB", "tokens/s": "2..60", "points": "2..5"}
    return examples[CRITERIA[name]]


def _fault(parameter: str, detail: str) -> Fault:
    return Fault(pointer="", parameter=parameter, detail=detail)
