"""Accept a request: look up everything it names and freeze it into a specification, or say every fault at once."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import msgspec

from service.api.judging import Asked, asked_judges, judge_faults, kin_faults, related_candidates
from service.api.wire import CandidateRequest, EvaluationRequest, StopRequest
from service.domain.evaluations import Spec
from service.domain.models import Candidate, Model
from service.domain.rubrics import PromptSet, Rubric
from service.domain.stopping import MINIMUM_PROMPTS, StopWhen
from service.domain.templates import JudgeTemplate
from service.errors import Fault, Invalid, ServiceError
from service.judge.languages import known
from service.judge.pairs import compares
from service.library import Library
from service.models.shelf import Shelf

MOST_CALLS = 100_000
T = TypeVar("T")


class Acceptance:
    """One request being looked at; `faults` grows as faults are found."""

    def __init__(self, library: Library, shelf: Shelf) -> None:
        self.library = library
        self.models = {model.name: model for model in shelf.models()}
        self.shelf = shelf
        self.faults: list[Fault] = []

    def look_up(self, pointer: str, find: Callable[[], T]) -> T | None:
        """Return what `find` finds; its complaint becomes a fault at `pointer`."""
        try:
            return find()
        except Invalid as error:
            inner = error.faults or (Fault(pointer="", detail=error.message),)
            self.faults += [Fault(pointer=pointer + fault.pointer, detail=fault.detail) for fault in inner]
        except ServiceError as error:
            self.faults.append(Fault(pointer=pointer, detail=error.message))
        return None

    def model(self, name: str, pointer: str) -> Model | None:
        """Return a model of the shelf."""
        return self.models.get(name) or self.look_up(pointer, lambda: self.shelf.model(name))


def accept(wanted: EvaluationRequest, library: Library, shelf: Shelf, devices: tuple[str, ...]) -> Spec:
    """Return the specification that `wanted` asks for. Reads files: call it off the event loop.

    Raises
    ------
    Invalid
        With every fault, each at its JSON pointer.
    """
    looking = Acceptance(library, shelf)
    candidates, judges = _candidates(wanted), asked_judges(wanted.judge, looking.models)
    named = [(one.model, f"/candidates/{at}") for at, one in enumerate(candidates)]
    models = tuple(look_up_models(looking, [*named, *((one.judge.model, one.pointer) for one in judges)]))
    templates = tuple(look_up_templates(looking, judges))
    rubric = looking.look_up("/rubric", lambda: library.rubric(wanted.rubric))
    prompt_set = looking.look_up("/prompt_set", lambda: _prompt_set(wanted, library))
    profile = looking.look_up("/profile", lambda: library.profile(wanted.profile))
    device = wanted.device or devices[0]
    if device not in devices:
        known = ", ".join(devices)
        looking.faults.append(
            Fault(pointer="/device", detail=f"there is no device '{device}' (known: {known})")
        )
    looking.faults += [*_name_faults(candidates), *judge_faults(judges, looking.models)]
    looking.faults += kin_faults(judges, candidates, looking.models, wanted.related_judge)
    looking.faults += purpose_faults(looking, candidates, judges)
    if prompt_set is not None:
        looking.faults += _size_faults(wanted, prompt_set)
    if rubric is not None and prompt_set is not None:
        looking.faults += facet_faults(rubric, prompt_set)
        looking.faults += language_faults(rubric, prompt_set)
    if rubric is not None and prompt_set is not None and not judges:
        looking.faults += unscored_faults(rubric)
    looking.faults += stop_faults(wanted.stop_when, judged=bool(judges))
    pairs = looking.look_up("/pairwise", library.pair_template) if wanted.pairwise == "auto" else None
    if not any(compares(template) for template in templates) or len(candidates) < 2:
        pairs = None
    if looking.faults or rubric is None or prompt_set is None or profile is None:
        raise refusal(looking.faults)
    return Spec(
        candidates=candidates,
        judges=tuple(one.judge for one in judges),
        models=models,
        rubric=rubric,
        prompt_set=prompt_set,
        profile=profile,
        use=wanted.use or profile.use,
        templates=templates,
        device=device,
        rounds=wanted.rounds,
        passes=wanted.passes,
        warmup=wanted.warmup,
        seed=wanted.seed,
        deadline=wanted.deadline,
        canaries=library.canaries() if wanted.canaries and judges else (),
        stop_when=stop_rule(wanted.stop_when),
        time_budget=wanted.time_budget,
        pairs=pairs,
    )


def title(spec: Spec) -> str:
    """Return the name of an evaluation that was given none: who is asked what."""
    names = [candidate.name for candidate in spec.candidates]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} on {spec.prompt_set.name}"[:200]


def cautions(spec: Spec) -> list[str]:
    """Return what is allowed but deserves a second look."""
    said = []
    models = {model.name: model for model in spec.models}
    for judge in spec.judges:
        related = related_candidates(judge.model, spec.candidates, models)
        itself = [one.name for one in spec.candidates if one.model == judge.model]
        if itself:
            said.append(f"The judge {judge.model} judges itself as {', '.join(itself)}.")
        if kin := [name for name in related if name not in itself]:
            said.append(
                f"The judge {judge.model} is of the same family ({models[judge.model].family}) as {', '.join(kin)}: "
                "judges tend to prefer their own kind."
            )
    joint = [judge.model for judge in spec.judges if judge.mode == "joint"]
    if spec.contexts and joint:
        now = {facet for context in spec.contexts[1:] for facet in context}
        names = ", ".join(facet.name for facet in spec.rubric.facets if facet in now)
        beside = f" {names} apart from the others" if names else " no facet anew"
        said.append(
            f"The judge {', '.join(joint)} grades{beside}: what did not change keeps the grade that it was given beside "
            "the facets as they were."
        )
    if not spec.judges:
        said.append("Without a judge only the facets with a deterministic check are scored.")
    if spec.stop_when is not None and len(spec.prompt_set.prompts) <= MINIMUM_PROMPTS:
        said.append(
            f"Judging cannot stop early: nothing is decided before {MINIMUM_PROMPTS} prompts, and there are "
            f"{len(spec.prompt_set.prompts)}."
        )
    return said


def _candidates(wanted: EvaluationRequest) -> tuple[Candidate, ...]:
    asked = [
        one if isinstance(one, CandidateRequest) else CandidateRequest(model=one) for one in wanted.candidates
    ]
    return tuple(
        Candidate(
            name=one.name or one.model,
            model=one.model,
            temperature=one.temperature,
            max_tokens=one.max_tokens,
            system=one.system,
        )
        for one in asked
    )


def look_up_templates(looking: Acceptance, judges: tuple[Asked, ...]) -> Iterator[JudgeTemplate]:
    """Yield the templates of the judges, each once."""
    seen: set[str] = set()
    for one in judges:
        pointer = one.pointer if one.request.template is None else f"{one.pointer}/template"
        name = one.judge.template
        template = looking.look_up(pointer, partial(looking.library.judge_template, name))
        if template is not None and name not in seen:
            seen.add(name)
            yield template


def look_up_models(looking: Acceptance, named: list[tuple[str, str]]) -> Iterator[Model]:
    """Yield the models of names and their places in the request, each once."""
    seen: set[str] = set()
    for name, pointer in named:
        model = looking.model(name, pointer)
        if model is not None and name not in seen:
            seen.add(name)
            yield model


def _prompt_set(wanted: EvaluationRequest, library: Library) -> PromptSet:
    if isinstance(wanted.prompt_set, str):
        return library.prompt_set(wanted.prompt_set)
    entries = [one if isinstance(one, str) else msgspec.to_builtins(one) for one in wanted.prompt_set]
    plain = [
        one if isinstance(one, str) else {k: v for k, v in one.items() if v is not None} for one in entries
    ]
    return library.parse_prompt_set(plain, "inline")


def _name_faults(candidates: tuple[Candidate, ...]) -> Iterator[Fault]:
    times = Counter(candidate.name for candidate in candidates)
    for at, candidate in enumerate(candidates):
        if times[candidate.name] > 1:
            detail = (
                f"'{candidate.name}' names {times[candidate.name]} candidates: give each a name of its own"
            )
            yield Fault(pointer=f"/candidates/{at}", detail=detail)


def purpose_faults(
    looking: Acceptance, candidates: tuple[Candidate, ...], judges: tuple[Asked, ...]
) -> Iterator[Fault]:
    """Yield what the settings do not let an endpoint be used for."""
    named = [(one.model, "chat", "a candidate", f"/candidates/{at}") for at, one in enumerate(candidates)]
    named += [(one.judge.model, "judge", "a judge", one.pointer) for one in judges]
    for name, capability, role, pointer in named:
        model = looking.models.get(name)
        if model is not None and model.source == "endpoint" and capability not in model.capabilities:
            detail = f"the settings do not let the endpoint '{model.endpoint}' be used as {role}: add that to its use"
            yield Fault(pointer=pointer, detail=detail)


def _size_faults(wanted: EvaluationRequest, prompt_set: PromptSet) -> Iterator[Fault]:
    calls = len(prompt_set.prompts) * len(wanted.candidates) * wanted.rounds * wanted.passes
    if calls > MOST_CALLS:
        detail = (
            f"{len(prompt_set.prompts)} prompts × {len(wanted.candidates)} candidates × {wanted.rounds} rounds × "
            f"{wanted.passes} passes are {calls} calls, {MOST_CALLS} at most: take fewer rounds or prompts"
        )
        yield Fault(pointer="/rounds", detail=detail)


def unscored_faults(rubric: Rubric) -> Iterator[Fault]:
    """Yield that nothing could be scored without a judge, where that is so."""
    if not any(facet.check for facet in rubric.facets):
        detail = f"no facet of the rubric '{rubric.name}' has a check, so nothing can be scored without a judge: name one"
        yield Fault(pointer="/judge", detail=detail)


def facet_faults(rubric: Rubric, prompt_set: PromptSet) -> Iterator[Fault]:
    """Yield where prompts name facets that the rubric lacks, and facets of the rubric that no prompt is scored on."""
    known = [facet.name for facet in rubric.facets]
    for at, prompt in enumerate(prompt_set.prompts):
        if strange := [name for name in prompt.facets if name not in known]:
            detail = (
                f"prompt {at + 1} ('{prompt.id}') is to be scored on {', '.join(strange)}, which the rubric "
                f"'{rubric.name}' lacks (it has {', '.join(known)}): correct the prompt, or take another rubric"
            )
            yield Fault(pointer="/prompt_set", detail=detail)
    for name in known:
        if not any(prompt.scored_on(name) for prompt in prompt_set.prompts):
            detail = (
                f"no prompt is scored on the rubric's facet '{name}': remove it there, or name it in a prompt"
            )
            yield Fault(pointer="/prompt_set", detail=detail)


def language_faults(rubric: Rubric, prompt_set: PromptSet) -> Iterator[Fault]:
    """Yield where the answers are to be checked for a language that the check does not know."""
    names = [facet.name for facet in rubric.facets if facet.check == "language"]
    if not names:
        return
    wanted: dict[str, str] = {}
    for prompt in prompt_set.prompts:
        if any(prompt.scored_on(name) for name in names):
            own = (prompt.expect or {}).get("language")
            wanted.setdefault(own or rubric.language, "/prompt_set" if own else "/rubric")
    for tag, pointer in wanted.items():
        if not known(tag):
            detail = (
                f"whether a text is in the language '{tag}' cannot be checked: take the facet {names[0]} out"
            )
            yield Fault(pointer=pointer, detail=detail)


def stop_rule(wanted: StopRequest | None) -> StopWhen | None:
    """Return when judging may stop."""
    return None if wanted is None else StopWhen(confidence=wanted.confidence, batch=wanted.batch)


def stop_faults(wanted: StopRequest | None, *, judged: bool) -> Iterator[Fault]:
    """Yield that there is no judging to stop, where that is so."""
    if wanted is not None and not judged:
        detail = "without a judge there is no judging to stop: name a judge, or leave it out"
        yield Fault(pointer="/stop_when", detail=detail)


def refusal(faults: list[Fault]) -> Invalid:
    """Return the error that tells all of `faults`."""
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Invalid(f"{first.pointer}: {first.detail}{more}", faults)
