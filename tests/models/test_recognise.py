"""Which server an endpoint is and what it says of its models; what was seen, kept and served from the file."""

import dataclasses
from pathlib import Path

import pytest

from service import resources
from service.domain.endpoints import Endpoint, NamedModel
from service.domain.failures import Failure, FailureKind
from service.domain.models import ServerReported
from service.errors import NotFound
from service.models.endpoint_views import read_views, refresh_views
from service.models.pages import Recognised
from service.models.recognise import recognise
from service.models.shelf import Shelf
from tests.scripted_server import ScriptedServer
from tests.scripted_types import SERVERS


def endpoint(url: str, **more: object) -> Endpoint:
    return dataclasses.replace(Endpoint(name="there", url=url), **more)  # type: ignore[arg-type]


def shelf(folder: Path, *endpoints: Endpoint) -> Shelf:
    return Shelf(
        builtin=resources.builtin_models_folder(),
        own=(),
        catalog_file=folder / "catalog.json",
        endpoints=endpoints,
        endpoints_file=folder / "endpoints.json",
    )


async def recognised(kind: str) -> Recognised:
    with ScriptedServer(kind) as server:
        found = await recognise(endpoint(server.url))
    assert isinstance(found, Recognised), found
    return found


@pytest.mark.parametrize("kind", sorted(SERVERS))
async def test_each_server_is_told_by_its_own_pages(kind: str) -> None:
    found = await recognised(kind)
    assert found.dialect == kind
    assert found.models
    for model in found.models:
        figures = (model.reported.disk_bytes, model.reported.memory_bytes, model.reported.context)
        assert 0 not in figures, "a 0 is nothing said"


@pytest.mark.parametrize(
    ("kind", "version", "first"),
    [
        ("openai", None, ServerReported()),
        ("foundry", None, ServerReported(loaded=True)),
        ("foundry-classic", None, ServerReported(disk_bytes=822 * 2**20, licence="MIT", loaded=True)),
        (
            "ollama",
            "0.12.3",
            ServerReported(
                disk_bytes=397_821_319,
                memory_bytes=700_000_000,
                context=4096,
                context_trained=32768,
                licence="Apache-2.0",
                family="qwen2",
                parameters="494.03M",
                quantisation="Q4_K_M",
                digest="a8b0c5157701",
                loaded=True,
            ),
        ),
        (
            "llamacpp",
            "b7000-abc",
            ServerReported(
                disk_bytes=397_807_616,
                context=4096,
                context_trained=32768,
                parameters="494032768",
                quantisation="Q4_K - Medium",
                loaded=True,
            ),
        ),
        (
            "lmstudio",
            None,
            ServerReported(
                disk_bytes=397_807_616,
                context=8192,
                context_trained=32768,
                family="qwen2",
                parameters="0.5B",
                quantisation="Q4_K_M",
                loaded=True,
            ),
        ),
        (
            "lmstudio-v0",
            None,
            ServerReported(context_trained=32768, family="qwen2", quantisation="4bit", loaded=False),
        ),
        ("vllm", "0.14.0", ServerReported(context=4096, loaded=True)),
        ("localai", "v4.9.0", ServerReported(memory_bytes=512_000_000)),
    ],
)
async def test_figures_come_from_each_server_s_own_fields(
    kind: str, version: str | None, first: ServerReported
) -> None:
    found = await recognised(kind)
    assert (found.version, found.models[0].reported) == (version, first)


async def test_an_estimate_of_0_is_unknown_and_what_is_not_loaded_says_so() -> None:
    models = {model.id: model.reported for model in (await recognised("ollama")).models}
    assert (models["good-2"].memory_bytes, models["good-2"].loaded) == (None, True)
    assert (models["good-3"].memory_bytes, models["good-3"].loaded) == (None, False)


async def test_an_endpoint_that_wants_a_key_or_is_not_there_is_a_failure_of_its_kind() -> None:
    with ScriptedServer(key="sk-right-one") as server:
        refused = await recognise(endpoint(server.url))
        url = server.url
    gone = await recognise(endpoint(url))
    assert isinstance(refused, Failure)
    assert refused.kind == FailureKind.UNAUTHORISED
    assert isinstance(gone, Failure)
    assert gone.kind == FailureKind.UNREACHABLE


async def test_what_was_seen_is_on_the_shelf_under_names_that_requests_can_use(tmp_path: Path) -> None:
    with ScriptedServer("ollama") as server:
        place = endpoint(server.url)
        (view,) = await refresh_views(tmp_path / "endpoints.json", [place])
    assert (view.state, view.dialect, view.version) == ("fresh", "ollama", "0.12.3")
    model = shelf(tmp_path, place).model("there:good")
    assert (model.source, model.runner, model.endpoint, model.remote) == ("endpoint", "http", "there", "good")
    assert (model.licence, model.family, model.context, model.version) == (
        "Apache-2.0",
        "qwen2",
        4096,
        "a8b0c5157701",
    )
    assert model.disk_bytes is None, "what a server says was not measured"
    assert model.server_reported is not None
    assert model.server_reported.disk_bytes == 397_821_319
    assert set(model.capabilities) == {"chat", "judge", "load"}


async def test_the_settings_name_models_and_win_over_the_server(tmp_path: Path) -> None:
    named = NamedModel(id="good", name="mine", licence="MIT", context=512)
    with ScriptedServer("ollama") as server:
        place = endpoint(server.url, models=(named, NamedModel(id="unlisted")), purposes=("judge",))
        before = {model.name for model in shelf(tmp_path, place).models() if model.source == "endpoint"}
        await refresh_views(tmp_path / "endpoints.json", [place])
    assert before == {"mine", "there:unlisted"}, "what the settings say holds before anybody was asked"
    model = shelf(tmp_path, place).model("mine")
    assert (model.licence, model.context, model.dialect) == ("MIT", 512, "ollama")
    assert "chat" not in model.capabilities, "a judge's endpoint is no candidate's"


async def test_an_endpoint_that_went_away_keeps_its_models_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    with ScriptedServer() as server:
        place = endpoint(server.url)
        await refresh_views(file, [place])
    (view,) = await refresh_views(file, [place])
    assert (view.state, view.kind) == ("unreachable", "unreachable")
    assert [model.id for model in view.models] == ["good", "good-2", "good-3"]
    with pytest.raises(NotFound, match=r"there: .*start its server"):
        shelf(tmp_path, place).model("there:absent")


def test_a_damaged_file_is_an_endpoint_that_was_never_asked(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    for text in ("{", "[]", '[{"name": 3}]'):
        file.write_text(text)
        (view,) = read_views(file, [endpoint("http://127.0.0.1:1/v1")])
        assert (view.state, view.models) == ("never", ())
