"""Pages by which server types are told apart, with the fields and the odd values that each one really has."""

from collections.abc import Callable
from typing import Any

Routes = Callable[[str, str, dict[str, Any]], Any]
MODELS = ("good", "good-2", "good-3")
APACHE = "\n                                 Apache License\n                           Version 2.0, January 2004\n"


def listed(owner: str = "scripted", **more: object) -> dict[str, Any]:
    entries = [{"id": one, "object": "model", "created": 1, "owned_by": owner} | more for one in MODELS]
    return {"object": "list", "data": entries}


def pages(found: dict[str, Any]) -> Routes:
    """Serve fixed pages, each under its method and path."""
    return lambda method, path, _: found.get(f"{method} {path}")


def ollama(method: str, path: str, body: dict[str, Any]) -> Any:
    details = {
        "format": "gguf",
        "family": "qwen2",
        "parameter_size": "494.03M",
        "quantization_level": "Q4_K_M",
    }
    tags = [
        {"name": one, "model": one, "size": 397_821_319, "digest": "a8b0c5157701", "details": details}
        for one in MODELS
    ]
    running = [
        {"name": "good", "model": "good", "size": 700_000_000, "size_vram": 0, "context_length": 4096},
        {"name": "good-2", "model": "good-2", "size": 0},
    ]
    if (method, path) == ("POST", "/api/show"):
        info = {"general.architecture": "qwen2", "qwen2.context_length": 32768}
        return {"license": APACHE, "model_info": info, "capabilities": ["completion"], "asked": body["model"]}
    return pages(
        {
            "GET /v1/models": listed("library"),
            "GET /api/tags": {"models": tags},
            "GET /api/ps": {"models": running},
            "GET /api/version": {"version": "0.12.3"},
            "POST /api/generate": {"done": True},
        }
    )(method, path, body)


LLAMACPP = listed(
    "llamacpp",
    meta={"n_params": 494_032_768, "size": 397_807_616, "n_ctx_train": 32768, "ftype": "Q4_K - Medium"},
)
LMSTUDIO = {
    "key": "good",
    "type": "llm",
    "architecture": "qwen2",
    "quantization": {"name": "Q4_K_M", "bits_per_weight": 4},
    "size_bytes": 397_807_616,
    "params_string": "0.5B",
    "max_context_length": 32768,
    "loaded_instances": [{"id": "good", "config": {"context_length": 8192}}],
}
FOUNDRY_CLASSIC = {
    "name": "good",
    "version": "1",
    "alias": "good",
    "license": "MIT",
    "fileSizeMb": 822,
    "maxOutputTokens": 2048,
}

SERVERS: dict[str, Routes] = {
    "openai": pages({"GET /v1/models": listed()}),
    "foundry": pages(
        {
            "GET /v1/models": listed("Microsoft"),
            "GET /status": {
                "modelCachePath": "/home/x/.foundry/cache",
                "endpoints": ["http://127.0.0.1:5273"],
                "pid": 7,
            },
            "GET /models/loaded": ["good"],
            "GET /models/load/good": {"status": "loaded"},
            "GET /models/unload/good": {"status": "unloaded"},
        }
    ),
    "foundry-classic": pages(
        {
            "GET /v1/models": {
                "data": [],
                "IsDelta": False,
                "Successful": True,
                "HttpStatusCode": 0,
                "object": "list",
            },
            "GET /openai/status": {
                "Endpoints": ["http://127.0.0.1:5273"],
                "ModelDirPath": "/home/x",
                "PipeName": "p",
            },
            "GET /openai/models": ["good:1", "good-2:1"],
            "GET /openai/loadedmodels": ["good:1"],
            "GET /foundry/list": {"models": [FOUNDRY_CLASSIC]},
        }
    ),
    "ollama": ollama,
    "llamacpp": pages(
        {
            "GET /v1/models": LLAMACPP,
            "GET /props": {"default_generation_settings": {"n_ctx": 4096}, "build_info": "b7000-abc"},
            # It copies this page from Ollama.
            "GET /api/tags": {"models": [{"name": "good", "model": "good", "size": ""}]},
        }
    ),
    "lmstudio": pages(
        {"GET /v1/models": listed("organization_owner"), "GET /api/v1/models": {"models": [LMSTUDIO]}}
    ),
    "lmstudio-v0": pages(
        {
            "GET /v1/models": listed("organization_owner"),
            "GET /api/v0/models": {
                "data": [
                    {
                        "id": "good",
                        "type": "llm",
                        "arch": "qwen2",
                        "quantization": "4bit",
                        "state": "not-loaded",
                        "max_context_length": 32768,
                    },
                    {"id": "embedder", "type": "embeddings", "state": "not-loaded"},
                ]
            },
        }
    ),
    "vllm": pages(
        {
            "GET /v1/models": listed("vllm", max_model_len=4096, root="x"),
            "GET /version": {"version": "0.14.0"},
        }
    ),
    "localai": pages(
        {
            "GET /v1/models": listed("localai"),
            "GET /.well-known/localai.json": {"version": "v4.9.0"},
            "GET /backend/monitor?model=good": {
                "state": 2,
                "memory": {"total": 512_000_000, "breakdown": {}},
            },
            # It says 0 where it does not know.
            "GET /backend/monitor?model=good-2": {
                "state": 2,
                "memory": {"total": 0},
                "memory_info": {"rss": 0},
            },
        }
    ),
}
