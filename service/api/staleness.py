"""Staleness: what is no longer as it was when an evaluation was accepted or a default adopted. Reads files."""

from collections.abc import Iterable, Iterator

from service.api.serving import Serving
from service.domain.defaults import Default, Fingerprinted, SourceKind
from service.domain.findings import Findings
from service.errors import ServiceError


def stale(serving: Serving, findings: Findings) -> Iterator[str]:
    """Yield what changed since an evaluation was accepted."""
    spec = findings.evaluation.spec
    yield from changed_models(serving, ((model.name, model.version) for model in spec.models))
    yield from changed_runtimes(serving.runtime, (load.runtime for load in findings.loads))
    kinds: tuple[tuple[SourceKind, str, str], ...] = (
        ("rubric", spec.rubric.name, spec.rubric.fingerprint),
        ("profile", spec.profile.name, spec.profile.fingerprint),
        ("prompt set", spec.prompt_set.name, spec.prompt_set.fingerprint),
    )
    for kind, name, fingerprint in kinds:
        yield from changed_file(serving, Fingerprinted(kind=kind, name=name, fingerprint=fingerprint))


def stale_default(serving: Serving, default: Default) -> list[str]:
    """Return what changed since a default was adopted: its model, the judges, the runtime, the files the choice rested on."""
    found = list(changed_models(serving, default.basis.versions))
    found += changed_runtimes(serving.runtime, default.basis.runtimes)
    for file in default.basis.files:
        found += changed_file(serving, file)
    return found


def changed_runtimes(now: str | None, had: Iterable[str]) -> Iterator[str]:
    """Yield which runtimes of the same name have another version now; servers elsewhere cannot be told.

    Examples
    --------
    >>> list(changed_runtimes("foundry-local 2.3.0", ["foundry-local 2.2.1", "ollama over http", "foundry-local 2.3.0"]))
    ['the runtime changed: foundry-local 2.2.1 became foundry-local 2.3.0']
    """
    for one in sorted(set(had)):
        if now is not None and one != now and one.split(" ")[0] == now.split(" ")[0]:
            yield f"the runtime changed: {one} became {now}"


def changed_models(serving: Serving, versions: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """Yield which models are gone or have other files."""
    now = {model.name: model for model in serving.shelf.models()}
    for name, version in versions:
        if name not in now:
            yield f"the model {name} is gone"
        elif now[name].version != version:
            yield f"the model {name} changed"


def changed_file(serving: Serving, had: Fingerprinted) -> Iterator[str]:
    """Yield whether a file is gone or says something else; prompts that came with a request cannot change."""
    if had.kind == "prompt set" and had.name == "inline":
        return
    try:
        if _fingerprint(serving, had.kind, had.name) != had.fingerprint:
            yield f"the {had.kind} {had.name} changed"
    except ServiceError:
        yield f"the {had.kind} {had.name} is gone"


def _fingerprint(serving: Serving, kind: SourceKind, name: str) -> str:
    library = serving.library
    if kind == "rubric":
        return library.rubric(name).fingerprint
    return (library.profile(name) if kind == "profile" else library.prompt_set(name)).fingerprint
