"""Wire objects: none has a type that msgspec cannot let go of, and a name is the same everywhere."""

import importlib
import os
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import msgspec
import pytest

from tests.api.conftest import BODY, World
from tests.api.test_problems import problem

CONTAINERS = {list, set, frozenset, tuple, dict}


def subclasses(kind: type) -> Iterator[type]:
    one: type
    for one in type.__subclasses__(kind):
        yield one
        yield from subclasses(one)


def members(kind: Any) -> Iterator[Any]:
    """Yield what a value may be: the members of a union, with what is written beside them."""
    inside = typing.get_args(kind)
    if typing.get_origin(kind) in {typing.Union, types.UnionType}:
        for part in inside:
            yield from members(part)
    elif typing.get_origin(kind) is Annotated:
        yield from members(inside[0])
        yield from kind.__metadata__
    else:
        yield kind


def within(kind: Any) -> Iterator[Any]:
    """Yield a type and every type inside it."""
    yield kind
    for part in typing.get_args(kind):
        yield from within(part)


def dangerous(kind: Any) -> bool:
    """Say whether values may be a string with a pattern and a list or dict too."""
    either = list(members(kind))
    return any(isinstance(one, msgspec.Meta) and one.pattern for one in either) and any(
        (typing.get_origin(one) or one) in CONTAINERS for one in either if not isinstance(one, msgspec.Meta)
    )


def test_no_type_is_a_string_with_a_pattern_and_a_list_too() -> None:
    # msgspec 0.22 frees the pattern in the place of the list's type: the process may crash, at the latest when it ends.
    pattern = Annotated[str, msgspec.Meta(pattern="^a$")]
    assert dangerous(pattern | list[int])
    assert not dangerous(list[pattern] | None)
    importlib.import_module("service.api.routes")
    found = {
        f"{kind.__module__}.{kind.__name__}.{name}"
        for kind in subclasses(msgspec.Struct)
        if kind.__module__.startswith("service.")
        for name, hint in typing.get_type_hints(kind, include_extras=True).items()
        if any(dangerous(one) for one in within(hint))
    }
    assert not found


def test_a_process_that_read_a_request_ends_without_touching_freed_memory() -> None:
    # The debugging allocator ends the process at the first wrong free.
    reads = (
        "from service.api.bodies import body_faults; from service.api.wire import EvaluationRequest as Body;"
        """assert not body_faults(b'{"candidates":["a"],"judge":["b"],"prompt_set":"c"}', Body)"""
    )
    ended = subprocess.run(
        [sys.executable, "-c", reads],
        env=os.environ | {"PYTHONMALLOC": "debug"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]


@pytest.mark.parametrize("field", ["judge", "prompt_set", "rubric"])
@pytest.mark.parametrize("name", ["a b", "../x", "x\n", "\x00", "", "x" * 65])
async def test_a_name_that_cannot_be_one_is_refused_where_a_list_may_stand_too(
    client: httpx.AsyncClient, world: World, field: str, name: str
) -> None:
    found = problem(await client.post("/api/v1/evaluations", json={**BODY, field: name}), 422, "invalid")
    errors = found["errors"]
    assert isinstance(errors, list)
    assert [one["pointer"] for one in errors] == [f"/{field}"]
    assert errors[0]["detail"].startswith("write str ")
    assert not world.submitted
