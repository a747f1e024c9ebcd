"""When memory ran out the message names who holds it and what would fit; other failures stay as they are."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from service.domain.failures import Failure, FailureKind
from service.domain.models import Model, ServerReported
from service.models import shortage
from service.models.opening import open_runner
from service.models.runner import Limits
from service.models.shortage import advise, large_processes, loaded_beside, smaller_variants

SCRIPT = Path(__file__).parents[1] / "scripted_runner.py"
OUT = Failure(kind=FailureKind.OUT_OF_MEMORY, message="It ran out.")


def local(name: str, size: int | None, family: str | None = "qwen") -> Model:
    return Model(name=name, source="directory", path="/nowhere", family=family, disk_bytes=size)


def served(name: str, *, loaded: bool, size: int | None = None) -> Model:
    said = ServerReported(loaded=loaded, disk_bytes=size)
    return Model(
        name=name, source="endpoint", runner="http", endpoint="box", family="qwen", server_reported=said
    )


SHELF = (
    local("qwen-14b", 9 * 2**30),
    local("qwen-3b", 3 * 2**29),
    local("qwen-0.5b", 2**29),
    local("qwen-unknown", None),
    local("phi-1b", 2**20, "phi"),
    local("nobody", 2**20, None),
)


def test_smaller_variants_are_of_the_family_and_the_largest_comes_first() -> None:
    assert smaller_variants(local("qwen-7b", 5 * 2**30), SHELF) == (
        "qwen-3b (1.5 GiB)",
        "qwen-0.5b (0.5 GiB)",
    )
    assert smaller_variants(local("qwen-tiny", 2**10), SHELF) == ()
    assert smaller_variants(local("x", 5 * 2**30, None), SHELF) == ()
    assert smaller_variants(local("qwen-7b", None), SHELF) == ()


def test_behind_an_endpoint_the_models_that_it_holds_are_named() -> None:
    own = served("box:qwen-7b", loaded=True, size=5 * 2**30)
    others = (own, served("box:phi", loaded=True), served("box:off", loaded=False), *SHELF)
    assert loaded_beside(own, others) == ("box:phi",)
    said = advise(own, OUT, lambda: others).message
    assert (
        said
        == "It ran out. Memory is held by box:phi. Smaller and here: qwen-3b (1.5 GiB), qwen-0.5b (0.5 GiB)."
    )


def test_processes_are_named_with_what_they_hold_and_never_the_service_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shortage, "LARGE", 1)
    named = list(large_processes())
    assert named
    assert not [one for one in named if one.endswith(f"process {os.getpid()})")]


def test_another_failure_asks_for_no_models() -> None:
    def asked() -> Sequence[Model]:
        raise AssertionError

    failure = Failure(kind=FailureKind.TIMED_OUT, message="late")
    assert advise(local("a", 1), failure, asked) is failure


async def test_a_child_killed_by_memory_says_so_with_names(tmp_path: Path) -> None:
    model = Model(
        name="qwen-7b",
        source="directory",
        path="/nowhere",
        remote="dies-on-load",
        family="qwen",
        disk_bytes=2**33,
    )
    async with open_runner(
        model,
        scratch=tmp_path,
        command=(sys.executable, str(SCRIPT)),
        limits=Limits(start=20, load=10, grace=0.3),
        advise=partial(advise, models=lambda: SHELF),
    ) as runner:
        failure = await runner.load()
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.OUT_OF_MEMORY
    assert "choose a smaller variant" in failure.message
    assert failure.message.endswith("Smaller and here: qwen-3b (1.5 GiB), qwen-0.5b (0.5 GiB).")
    assert "bad_alloc" in (failure.raw or "")
