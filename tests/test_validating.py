"""The validation against a scripted server: what is listed, what answers, and what is said of the rest."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from service.domain.asking import Answer
from service.domain.endpoints import Endpoint, NamedModel
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Model, ServerReported
from service.measure.smoke import Smoke
from service.models.endpoint_views import EndpointView, SeenModel, refresh_views
from service.models.shelf import Shelf
from service.validating import Validated, at_hand, listing, validate
from tests.scripted_server import ScriptedServer

ANSWER = Answer(
    text="yes", finish="stop", prompt_tokens=1, completion_tokens=1, sent=0, first=1, last=1, end=2
)


async def answers(model: Model) -> Smoke | Failure:
    if model.remote == "hang":
        await asyncio.sleep(60)
    if model.remote == "broken":
        return Failure(kind=FailureKind.LOAD_FAILED, message="It does not load.")
    return Smoke(loaded=Loaded(seconds=0.1, model_id=model.name, device="cpu", runtime="test"), answer=ANSWER)


async def validated(names: Sequence[str], tmp_path: Path, *, kind: str = "openai") -> dict[str, Validated]:
    with ScriptedServer(kind) as server:
        named = tuple(NamedModel(id=one) for one in ("good", "hang", "broken", "unlisted"))
        places = (
            Endpoint(name="there", url=server.url, models=named),
            Endpoint(name="gone", url="http://127.0.0.1:9/v1"),
            Endpoint(name="lost", url="http://127.0.0.1:9/v1", models=(NamedModel(id="m"),)),
        )
        file = tmp_path / "endpoints.json"
        shelf = Shelf(
            builtin=tmp_path / "none",
            own=(),
            catalog_file=tmp_path / "catalog.json",
            endpoints=places,
            endpoints_file=file,
        )
        found = await validate(
            names, shelf, see=partial(refresh_views, file, places), check=answers, deadline=0.2
        )
    return {one.name: one for one in found}


async def test_each_target_is_looked_up_in_a_fresh_list_and_asked_once(tmp_path: Path) -> None:
    found = await validated(["there:good", "there:unlisted", "there:broken", "nobody"], tmp_path)
    assert [one.good for one in found.values()] == [True, False, False, False]
    assert (found["there:good"].listed, found["there:good"].reason) == (True, None)
    unlisted = found["there:unlisted"]
    assert (unlisted.listed, unlisted.answer) == (False, ANSWER)
    assert "does not list 'unlisted'" in str(unlisted.reason)
    assert found["there:broken"].reason == "It does not load."
    assert "There is no model 'nobody'" in str(found["nobody"].reason)


async def test_a_model_that_takes_too_long_costs_its_deadline_and_no_more(tmp_path: Path) -> None:
    found = await validated(["there:hang", "there:good"], tmp_path)
    answer = found["there:hang"].answer
    assert isinstance(answer, Failure)
    assert answer.kind == FailureKind.TIMED_OUT
    assert "0.2 s" in answer.message
    assert found["there:good"].good


async def test_without_names_everything_at_hand_is_a_target_and_so_is_an_endpoint_that_is_away(
    tmp_path: Path,
) -> None:
    found = await validated([], tmp_path)
    assert set(found) == {"there:good", "there:hang", "there:broken", "there:unlisted", "lost:m", "gone"}
    for away in ("lost:m", "gone"):
        assert not found[away].good
        assert "refuses connections" in str(found[away].reason)


def test_a_server_without_a_list_cannot_tell_and_that_is_no_fault() -> None:
    model = Model(name="there:m", source="endpoint", runner="http", endpoint="there", remote="m")
    without = EndpointView(name="there", state="fresh")
    assert listing(model, without) is None
    assert Validated(name="there:m", model=model, listed=None, answer=ANSWER).good
    assert listing(model, EndpointView(name="there", state="fresh", models=(SeenModel(id="m"),))) is True


def test_of_a_whole_catalog_only_what_is_loaded_is_at_hand() -> None:
    def served(loaded: bool | None) -> Model:
        reported = ServerReported(loaded=loaded)
        return Model(name="m", source="endpoint", dialect="foundry", server_reported=reported)

    assert at_hand(served(loaded=True))
    assert not at_hand(served(loaded=False))
    assert not at_hand(Model(name="m", source="catalog")), "it would have to be downloaded"
