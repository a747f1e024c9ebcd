"""The capability probe: what is honoured, what is only taken, and what cannot be told."""

import dataclasses
from pathlib import Path

import pytest

from service.domain.endpoints import Endpoint, NamedModel
from service.domain.failures import Failure, FailureKind
from service.domain.models import Model
from service.gathering import output_of
from service.models.endpoint_views import SeenModel, endpoint_models, probe_model, read_views, refresh_views
from service.models.probe import Abilities, probe
from tests.scripted_server import ScriptedServer


def remote(name: str, dialect: str | None = None) -> Model:
    return Model(
        name=f"there:{name}", source="endpoint", runner="http", endpoint="there", remote=name, dialect=dialect
    )


async def tried(model: str, *, kind: str = "openai", dialect: str | None = None) -> Abilities | Failure:
    with ScriptedServer(kind) as server:
        return await probe(Endpoint(name="there", url=server.url), model, dialect or kind)


async def test_a_server_that_honours_everything_is_seen_to() -> None:
    found = await tried("able")
    assert found == {
        "load": False,
        "usage": True,
        "streamed_usage": True,
        "seed": True,
        "stop": True,
        "lark": True,
        "json_schema": True,
        "json_object": True,
        "forced_tools": True,
        "logprobs": True,
        "cached_tokens": True,
        "accepts_stream_options": True,
        "accepts_max_tokens": True,
        "accepts_seed": True,
        "unload": False,
    }


async def test_a_server_that_takes_every_field_and_honours_none_is_seen_through() -> None:
    found = await tried("unable")
    assert isinstance(found, dict)
    assert not any(works for name, works in found.items() if not name.startswith("accepts_"))


async def test_what_cannot_be_told_is_neither_yes_nor_no() -> None:
    found = await tried("not-streamed")
    assert isinstance(found, dict)
    assert (found["seed"], found["stop"]) == (None, None), "it always says the same one word"


async def test_a_small_context_hides_no_kept_beginning_and_a_cut_object_tells_nothing() -> None:
    found = await tried("short-memory", dialect="llamacpp")
    assert isinstance(found, dict)
    assert found["cached_tokens"] is True, "the longer beginning was refused, the shorter one was kept"
    assert found["json_object"] is None


async def test_loading_and_letting_go_are_tried_where_a_server_has_them() -> None:
    found = await tried("able", kind="ollama")
    assert isinstance(found, dict)
    assert (found["load"], found["unload"]) == (True, True)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("missing", FailureKind.NOT_FOUND),
        ("unauthorised", FailureKind.UNAUTHORISED),
        ("broken", FailureKind.UPSTREAM),
        ("html", FailureKind.MALFORMED),
        ("closed", FailureKind.INTERRUPTED),
        ("endless", FailureKind.OVERSIZED),
    ],
)
async def test_a_model_that_gives_no_plain_answer_is_a_failure_of_its_kind(
    model: str, kind: FailureKind
) -> None:
    found = await tried(model)
    assert isinstance(found, Failure)
    assert found.kind == kind


async def test_what_was_tried_is_kept_and_decides_how_a_judge_there_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    with ScriptedServer() as server:
        named = (NamedModel(id="able"), NamedModel(id="unable"))
        place = Endpoint(name="there", url=server.url, models=named)
        seen = await probe_model(file, [place], remote("able"))
        nothing = await probe_model(file, [place], remote("unable"))
        await refresh_views(file, [place])
    assert isinstance(seen, SeenModel)
    assert isinstance(nothing, SeenModel)
    (view,) = read_views(file, [place])
    assert view.dialect == "openai", "it was recognised on the way"
    models = {model.remote: model for model in endpoint_models(place, view)}
    assert output_of(models["able"]) == "lark"
    assert output_of(models["unable"]) == "text"
    wrapped = dataclasses.replace(models["able"], capabilities=("judge", "json_schema"))
    assert output_of(wrapped) == "json_schema"
    assert output_of(remote("never-tried")) == "text", "nothing is assumed"


async def test_a_server_that_refuses_fields_by_name_is_asked_without_them_ever_after(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    with ScriptedServer() as server:
        place = Endpoint(name="there", url=server.url, models=(NamedModel(id="strict"),))
        seen = await probe_model(file, [place], remote("strict"))
    assert isinstance(seen, SeenModel)
    assert seen.capabilities["seed"] is False
    (view,) = read_views(file, [place])
    (model,) = endpoint_models(place, view)
    assert model.refuses == ("stream_options", "max_tokens", "seed")
    assert not any("accepts" in one for one in model.capabilities)


def test_the_strictest_form_that_was_seen_to_work_is_taken() -> None:
    def served(*capabilities: str) -> Model:
        return dataclasses.replace(remote("m"), capabilities=("judge", *capabilities))

    assert output_of(served("forced_tools", "json_object")) == "tool"
    assert output_of(served("json_object", "usage")) == "json_object"
    assert output_of(served("json_schema", "forced_tools")) == "json_schema"


async def test_only_models_behind_an_endpoint_are_tried(tmp_path: Path) -> None:
    found = await probe_model(tmp_path / "endpoints.json", [], Model(name="tiny-s", source="builtin"))
    assert isinstance(found, Failure)
    assert found.kind == FailureKind.REJECTED
