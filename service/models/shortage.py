"""When memory ran out: who else holds it, and which smaller variant there is instead."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import psutil

from service.domain.failures import Failure, FailureKind
from service.domain.models import Model

NAMED = 3
LARGE = 2**28
"""Bytes a process holds before it is worth naming: a quarter of a GiB."""

Advise = Callable[[Model, Failure], Failure]
"""Adds to a failure what can be done about it here."""


def advise(model: Model, failure: Failure, models: Callable[[], Sequence[Model]]) -> Failure:
    """Return `failure`, with names added where memory ran out; every other failure as it is.

    Parameters
    ----------
    models
        Gives all models there are; they are only asked for where memory ran out.
    """
    if failure.kind is not FailureKind.OUT_OF_MEMORY:
        return failure
    known = models()
    held = loaded_beside(model, known) if model.runner == "http" else tuple(islice(large_processes(), NAMED))
    smaller = smaller_variants(model, known)
    said = [f"Memory is held by {', '.join(held)}."] if held else []
    said += [f"Smaller and here: {', '.join(smaller)}."] if smaller else []
    return replace(failure, message=" ".join([failure.message, *said]))


def large_processes() -> Iterator[str]:
    """Yield the processes of this machine that hold the most memory, the largest first; never this one."""
    found = []
    for process in psutil.process_iter():
        try:
            size = process.memory_info().rss
            if size >= LARGE and process.pid != os.getpid():
                found.append((size, process.pid, process.name()))
        except psutil.Error:
            continue
    for size, pid, name in sorted(found, reverse=True):
        yield f"{name} ({_gib(size)}, process {pid})"


def loaded_beside(model: Model, models: Sequence[Model]) -> tuple[str, ...]:
    """Return the other models that the model's endpoint had loaded when it was last looked at."""
    return tuple(
        one.name
        for one in models
        if one.endpoint == model.endpoint
        and one.name != model.name
        and one.server_reported is not None
        and one.server_reported.loaded
    )[:NAMED]


def smaller_variants(model: Model, models: Sequence[Model]) -> tuple[str, ...]:
    """Return models of the same family that are smaller, the largest of them first; none where sizes are not known."""
    own = _size(model)
    if own is None or model.family is None:
        return ()
    sizes = [(size, one.name) for one in models if one.family == model.family and (size := _size(one))]
    return tuple(f"{name} ({_gib(size)})" for size, name in sorted(sizes, reverse=True) if size < own)[:NAMED]


def _size(model: Model) -> int | None:
    reported = model.server_reported.disk_bytes if model.server_reported else None
    return model.disk_bytes or reported


def _gib(size: int) -> str:
    """Return a size for a person.

    Examples
    --------
    >>> _gib(3 * 2**29), _gib(5 * 2**20)
    ('1.5 GiB', '5 MiB')
    """
    return f"{size / 2**30:.1f} GiB" if size >= 2**29 else f"{size / 2**20:.0f} MiB"
