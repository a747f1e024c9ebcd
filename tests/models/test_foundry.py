"""The foundry runner with the real runtime: own directories, grammar, limits, and a catalog of our own."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from service import resources
from service.domain.asking import Answer, Format, Message, Question, Sampling
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded
from service.models.builtin.recipe.graph import write_micro_model
from service.models.catalog import read_catalog, refresh_catalog
from service.models.directories import read_directory
from service.models.opening import open_runner

BUILTIN = resources.builtin_models_folder()
SCORES = 'start: "{\\"score\\": " N "}"\nN: /[1-5]/\n'


def question(
    text: str, *, max_tokens: int = 32, grammar: str | None = None, temperature: float = 0.0
) -> Question:
    return Question(
        messages=(Message(role="user", content=text),),
        sampling=Sampling(temperature=temperature, max_tokens=max_tokens, seed=1),
        deadline=20,
        format=Format(kind="lark", definition=grammar) if grammar else None,
    )


async def test_a_built_in_model_answers_with_increasing_stamps_and_counted_tokens(tmp_path: Path) -> None:
    model = read_directory(BUILTIN / "tiny-s", source="builtin")
    async with open_runner(model, scratch=tmp_path) as runner:
        before = await runner.memory()
        loaded = await runner.load()
        reply = await runner.ask(question("What is the capital of Italy?"))
        after = await runner.memory()
    assert isinstance(loaded, Loaded)
    assert loaded.context == model.context == 512
    assert isinstance(reply, Answer)
    assert reply.text == "The capital of Italy is Rome."
    assert reply.finish == "stop"
    assert reply.completion_tokens is not None
    assert reply.completion_tokens >= len(reply.chunks)
    stamps = [stamp for stamp, _ in reply.chunks]
    assert stamps == sorted(stamps)
    assert reply.sent < stamps[0] == reply.first
    assert stamps[-1] == reply.last
    assert (reply.last or 0) <= reply.end
    assert before.resident is not None
    assert after.resident is not None
    assert after.resident > before.resident
    assert after.peak is not None
    assert after.peak >= after.resident


async def test_a_grammar_holds_even_for_a_model_that_was_never_trained(tmp_path: Path) -> None:
    model = read_directory(write_micro_model(tmp_path / "micro"))
    async with open_runner(model, scratch=tmp_path / "scratch") as runner:
        await runner.load()
        reply = await runner.ask(question("Rate.", grammar=SCORES, temperature=1.5))
    assert isinstance(reply, Answer)
    assert json.loads(reply.text)["score"] in {1, 2, 3, 4, 5}


async def test_what_the_runtime_refuses_is_said_in_words_for_users(tmp_path: Path) -> None:
    model = read_directory(BUILTIN / "tiny-xs", source="builtin")
    async with open_runner(model, scratch=tmp_path) as runner:
        await runner.load()
        long = await runner.ask(question("word " * 600))
        grammar = await runner.ask(question("Rate.", grammar="this is no grammar"))
        fine = await runner.ask(question("What is the capital of Italy?"))
    assert isinstance(long, Failure)
    assert long.kind == FailureKind.OVER_CONTEXT
    assert "512" in long.message
    assert isinstance(grammar, Failure)
    assert grammar.kind == FailureKind.REJECTED
    assert ".cc" not in grammar.message
    assert isinstance(fine, Answer)


async def test_a_directory_without_weights_fails_to_load_and_says_so(tmp_path: Path) -> None:
    folder = write_micro_model(tmp_path / "broken")
    (folder / "model.onnx").write_bytes(b"not a model")
    async with open_runner(read_directory(folder), scratch=tmp_path / "scratch") as runner:
        loaded = await runner.load()
    assert isinstance(loaded, Failure)
    assert loaded.kind in {FailureKind.LOAD_FAILED, FailureKind.RUNNER_DIED}


@pytest.fixture
def catalog_url() -> Iterator[str]:
    """A stand-in for the public catalog with one model, on loopback."""
    entry = {
        "assetId": "azureml://registries/azureml/models/own-model-generic-cpu/versions/1",
        "entityId": "azureml://registries/azureml/models/own-model-generic-cpu/versions/1",
        "kind": "Versioned",
        "type": "models",
        "name": "own-model-generic-cpu",
        "version": "1",
        "annotations": {
            "labels": ["latest"],
            "archived": False,
            "tags": {
                "alias": "own-model",
                "foundryLocal": "",
                "task": "chat-completion",
                "license": "MIT",
                "licenseDescription": "self made",
            },
            "systemCatalogData": {
                "publisher": "own",
                "displayName": "own-model",
                "maxOutputTokens": 256,
                "inferenceTasks": ["chat-completion"],
                "license": "MIT",
                "licenseDescription": "self made",
                "textContextWindow": 512,
                "modelCapabilities": ["chat"],
                "inputModalities": ["text"],
                "outputModalities": ["text"],
                "summary": "x",
                "task": "chat-completion",
                "deploymentOptions": ["Foundry Local on Devices"],
            },
        },
        "properties": {
            "id": "azureml://registries/azureml/models/own-model-generic-cpu/versions/1",
            "name": "own-model-generic-cpu",
            "version": 1,
            "minFLVersion": "0.0.0",
            "creationContext": {"createdTime": "2026-01-01T00:00:00Z"},
            "variantInfo": {
                "parents": [{"assetId": "azureml://registries/azureml/models/own-model/versions/1"}],
                "variantMetadata": {
                    "modelType": "ONNX",
                    "device": "cpu",
                    "executionProvider": "CPUExecutionProvider",
                    "fileSizeBytes": 10_000_000,
                },
            },
        },
    }
    page = json.dumps({"totalCount": 1, "value": [entry]}).encode()

    class Catalog(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Catalog)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/asset-gallery/v1.0/models"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_catalog_model_is_listed_and_answers_once_it_is_on_disk(
    tmp_path: Path, catalog_url: str
) -> None:
    cache = tmp_path / "cache"
    file = tmp_path / "catalog.json"
    view = await refresh_catalog(file, scratch=tmp_path, model_cache=cache, catalog_url=catalog_url)
    assert view.state == "fresh"
    (model,) = view.models
    assert (model.name, model.licence, model.source) == ("own-model", "MIT", "catalog")
    assert read_catalog(file) == view

    async with open_runner(model, scratch=tmp_path, model_cache=cache, catalog_url=catalog_url) as runner:
        missing = await runner.load()
    assert isinstance(missing, Failure)
    assert "download it first" in missing.message

    place = cache / "own" / "own-model-generic-cpu-1"
    shutil.copytree(BUILTIN / "tiny-xs", place)
    (place / "inference_model.json").write_text('{"Name": "own-model-generic-cpu:1"}')
    async with open_runner(model, scratch=tmp_path, model_cache=cache, catalog_url=catalog_url) as runner:
        loaded = await runner.load()
        reply = await runner.ask(question("What is the capital of Italy?"))
    assert isinstance(loaded, Loaded)
    assert isinstance(reply, Answer)
    assert "Rome" in reply.text


async def test_a_catalog_that_cannot_be_reached_keeps_what_was_seen_before(
    tmp_path: Path, catalog_url: str
) -> None:
    file = tmp_path / "catalog.json"
    seen = await refresh_catalog(file, scratch=tmp_path, model_cache=tmp_path / "a", catalog_url=catalog_url)
    gone = "http://127.0.0.1:9/asset-gallery/v1.0/models"
    view = await refresh_catalog(
        file, scratch=tmp_path, model_cache=tmp_path / "b", catalog_url=gone, patience=30
    )
    assert view.state == "unreachable"
    assert view.models == seen.models
    assert view.reason
