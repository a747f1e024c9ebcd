"""What a judge is asked before it may judge: planted faults and probes, within a fixed number of calls.

Pure: the same prompts, rubric, seat, injections and plants always give the same examination.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.domain.models import Depth
from service.domain.rubrics import Degradation, Facet, Injection, Plant, Prompt, Rubric
from service.domain.verdicts import ProbeName
from service.judge.degradations import Material, degrade
from service.judge.seats import Seat
from service.judge.work import judged_facets


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many calls each part may take. Their sum leaves room for asking again within the whole (150 or 600)."""

    plants: int
    repeat: int
    level_order: int
    injection: int
    length: int


BUDGETS: dict[tuple[Depth, str], Budget] = {
    ("quick", "joint"): Budget(plants=60, repeat=12, level_order=12, injection=20, length=10),
    ("quick", "separate"): Budget(plants=95, repeat=10, level_order=10, injection=15, length=8),
    ("full", "joint"): Budget(plants=360, repeat=50, level_order=50, injection=60, length=30),
    ("full", "separate"): Budget(plants=420, repeat=40, level_order=30, injection=40, length=20),
}

_STEERED: tuple[Degradation, ...] = ("off_topic", "wrong_fact", "truncated", "shuffled")
_LENGTHENED: tuple[Degradation, ...] = ("wrong_fact", "truncated", "off_topic", "shuffled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One answer to be put before the judge.

    Attributes
    ----------
    degradation
        How the reference was made worse; ``None`` for the reference itself.
    facets
        What it is asked about.
    probe, against
        What the sheet is to find out beyond planted faults, and the number of the sheet it is compared with.
    language
        That of the injected text.
    """

    prompt: Prompt
    degradation: Degradation | None
    answer: str
    facets: tuple[Facet, ...]
    probe: ProbeName | None = None
    against: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a judge will be asked before it may judge.

    Attributes
    ----------
    rubric
        Its name, for who reads the result.
    facets, checked
        Those that are the judge's anywhere, and the names of those that checks decide everywhere.
    """

    rubric: str
    facets: tuple[Facet, ...]
    checked: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    separate: bool

    @property
    def calls(self) -> int:
        """Number of questions, asking again left out."""
        return sum(len(sheet.facets) if self.separate else 1 for sheet in self.sheets)

    @property
    def content(self) -> dict[str, object]:
        """What a content address must hold of it."""
        return {
            "facets": [facet.content for facet in self.facets],
            "checked": self.checked,
            "sheets": [
                [
                    *sheet.prompt.asked.values(),
                    sheet.degradation,
                    sheet.answer,
                    [facet.name for facet in sheet.facets],
                    sheet.probe,
                    sheet.against,
                ]
                for sheet in self.sheets
            ],
        }


def examination(
    prompts: Sequence[Prompt],
    rubric: Rubric,
    seat: Seat,
    injections: Sequence[Injection] = (),
    plants: Sequence[Plant] = (),
) -> Examination:
    """Return what to ask the judge in `seat`, from prompts with a reference, evenly spread over the set.

    Nothing is planted where no prompt has a reference or where checks decide every facet of every prompt. Insults and
    dangerous advice are planted in the rubric's language, in English where there are none in that.
    """
    separate = seat.judge.mode == "separate"
    budget = BUDGETS[seat.judge.examination, seat.judge.mode]
    judged = {facet.name for prompt in prompts for facet in judged_facets(rubric, prompt)}
    facets = tuple(facet for facet in rubric.facets if facet.name in judged)
    checked = tuple(facet.name for facet in rubric.facets if facet.name not in judged)
    kinds = tuple(dict.fromkeys(kind for facet in facets for kind in facet.degraded_by))
    usable = [
        prompt
        for prompt in prompts
        if prompt.reference and prompt.reference.strip() and any(prompt.scored_on(name) for name in judged)
    ]
    sheets: list[Sheet] = []
    if kinds and usable:
        each = 1 + len(kinds)
        if separate:
            each = len(facets) + sum(len(facet.degraded_by) for facet in facets)
        wanted = min(len(usable), max(1, budget.plants // each))
        chosen = [usable[place * len(usable) // wanted] for place in range(wanted)]
        spoken = _spoken(plants, rubric.language)
        for prompt in chosen:
            own = tuple(facet for facet in facets if prompt.scored_on(facet.name))
            material = replace(_material(prompt, prompt.reference or "", usable), plants=spoken)
            sheets += _planted(prompt, material, own, kinds, separate=separate)
        sheets += _probes(sheets, usable, budget, injections, seat)
    return Examination(
        rubric=rubric.name, facets=facets, checked=checked, sheets=tuple(sheets), separate=separate
    )


def _spoken(plants: Sequence[Plant], language: str) -> tuple[Plant, ...]:
    wanted = language.split("-", maxsplit=1)[0]
    return tuple(one for one in plants if one.language == wanted) or tuple(
        one for one in plants if one.language == "en"
    )


def _planted(
    prompt: Prompt,
    material: Material,
    facets: tuple[Facet, ...],
    kinds: Sequence[Degradation],
    *,
    separate: bool,
) -> list[Sheet]:
    """Return the reference and its degraded copies; facet by facet only those are asked that the fault must lower."""
    sheets = [Sheet(prompt=prompt, degradation=None, answer=prompt.reference or "", facets=facets)]
    for kind in (kind for kind in kinds if any(kind in facet.degraded_by for facet in facets)):
        answer = degrade(kind, material)
        if answer is not None:
            asked = tuple(facet for facet in facets if kind in facet.degraded_by) if separate else facets
            sheets.append(Sheet(prompt=prompt, degradation=kind, answer=answer, facets=asked))
    return sheets


def _material(prompt: Prompt, text: str, usable: Sequence[Prompt]) -> Material:
    others = tuple(other.reference or "" for other in usable if other.id != prompt.id)
    return Material(question=prompt.conversation, reference=text, others=others)


def _probes(
    planted: Sequence[Sheet],
    usable: Sequence[Prompt],
    budget: Budget,
    injections: Sequence[Injection],
    seat: Seat,
) -> list[Sheet]:
    every = list(range(len(planted)))
    written = [at for at in every if planted[at].answer.strip()]
    probes = [
        _again(planted, at, turn, "repeat", seat) for turn, at in enumerate(_spread(every, budget.repeat))
    ]
    if "level_1" in seat.template.facet:
        turned = enumerate(_spread(written, budget.level_order))
        probes += [_again(planted, at, turn, "level_order", seat) for turn, at in turned]
    steered = _of_first_kind(planted, _STEERED)
    if steered:
        for turn, injection in enumerate(injections[: budget.injection]):
            sheet = _again(planted, steered[turn % len(steered)], turn // len(steered), "injection", seat)
            probes.append(_with(sheet, f"{sheet.answer}\n{injection.text}", injection.language))
    lengthened = _of_first_kind(planted, _LENGTHENED)
    for turn, at in enumerate(_spread(lengthened, budget.length)):
        sheet = _again(planted, at, turn, "length", seat)
        longer = degrade("padded", _material(sheet.prompt, sheet.answer, usable))
        if longer is not None:
            probes.append(_with(sheet, longer, None))
    return probes


def _again(planted: Sequence[Sheet], at: int, turn: int, probe: ProbeName, seat: Seat) -> Sheet:
    """Return a planted sheet to be compared with itself; facet by facet its facets take turns."""
    sheet = planted[at]
    apart = seat.judge.mode == "separate"
    facets = (sheet.facets[turn % len(sheet.facets)],) if apart else sheet.facets
    return Sheet(
        prompt=sheet.prompt,
        degradation=sheet.degradation,
        answer=sheet.answer,
        facets=facets,
        probe=probe,
        against=at,
    )


def _with(sheet: Sheet, answer: str, language: str | None) -> Sheet:
    return Sheet(
        prompt=sheet.prompt,
        degradation=sheet.degradation,
        answer=answer,
        facets=sheet.facets,
        probe=sheet.probe,
        against=sheet.against,
        language=language,
    )


def _of_first_kind(planted: Sequence[Sheet], kinds: Sequence[Degradation]) -> list[int]:
    """Return the places of the sheets with the first of `kinds` that was planted at all."""
    for kind in kinds:
        found = [at for at, sheet in enumerate(planted) if sheet.degradation == kind]
        if found:
            return found
    return []


def _spread(places: Sequence[int], wanted: int) -> list[int]:
    number = min(wanted, len(places))
    return [places[turn * len(places) // number] for turn in range(number)]
