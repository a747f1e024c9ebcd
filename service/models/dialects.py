"""How each server type is told, and where it keeps what it says of its models.

Each function returns ``None`` where the server is of another type. The order matters: some servers copy the pages of
others, so those who copy are asked first.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from service.domain.models import ServerReported
from service.models.licence_texts import licence_of
from service.models.pages import Pages, Recognised, Served, count, entries, ids, part, text

DETAILED = 50
"""Models of one server that are asked about one by one."""
_MIB = 2**20

Tell = Callable[[Pages, Any], Awaitable[Recognised | None]]


async def foundry(pages: Pages, listing: Any) -> Recognised | None:
    """Foundry Local's web service since 1.0: its list has every model of the catalog, on this disk or not."""
    status = await pages.get("/status")
    if not isinstance(status, dict) or "modelCachePath" not in status:
        return None
    loaded = set(ids(await pages.get("/models/loaded")))
    models = [
        Served(id=name, reported=ServerReported(loaded=name in loaded))
        for one in entries(listing, "data")
        if (name := text(one.get("id")))
    ]
    return Recognised(dialect="foundry", version=None, models=tuple(models))


async def foundry_classic(pages: Pages, listing: Any) -> Recognised | None:
    """Foundry Local's service before 1.0; its documentation and its SDK disagree on the case of its fields."""
    status = await pages.get("/openai/status")
    if not isinstance(status, dict) or "modeldirpath" not in {str(name).lower() for name in status}:
        return None
    cached = ids(await pages.get("/openai/models")) or [
        name for one in entries(listing, "data") if (name := text(one.get("id")))
    ]
    loaded = set(ids(await pages.get("/openai/loadedmodels")))
    details = {
        key: one
        for one in entries(await pages.get("/foundry/list"), "models")
        for key in (text(one.get("name")), f"{text(one.get('name'))}:{text(one.get('version'))}")
        if key
    }
    models = []
    for name in cached:
        known = details.get(name) or details.get(name.split(":")[0]) or {}
        size = count(known.get("fileSizeMb"))
        models.append(
            Served(
                id=name,
                reported=ServerReported(
                    disk_bytes=size and size * _MIB,
                    licence=licence_of(known.get("license")),
                    loaded=name in loaded,
                ),
            )
        )
    return Recognised(dialect="foundry-classic", version=None, models=tuple(models))


async def llamacpp(pages: Pages, listing: Any) -> Recognised | None:
    """llama.cpp's server: one model, its facts in the list and its settings under ``/props``."""
    listed = entries(listing, "data")
    if not any(one.get("owned_by") == "llamacpp" for one in listed):
        return None
    props = await pages.get("/props")
    models = [
        Served(
            id=name,
            reported=ServerReported(
                disk_bytes=count(part(one, "meta", "size")),
                context=count(part(props, "default_generation_settings", "n_ctx")),
                context_trained=count(part(one, "meta", "n_ctx_train")),
                parameters=text(str(part(one, "meta", "n_params") or "")),
                quantisation=text(part(one, "meta", "ftype")),
                loaded=True,
            ),
        )
        for one in listed
        if (name := text(one.get("id")))
    ]
    return Recognised(dialect="llamacpp", version=text(part(props, "build_info")), models=tuple(models))


async def localai(pages: Pages, listing: Any) -> Recognised | None:
    """LocalAI: a page of its own, and a monitor that says 0 where it does not know."""
    found = await pages.get("/.well-known/localai.json")
    if not isinstance(found, dict):
        return None
    models = []
    for one in entries(listing, "data")[:DETAILED]:
        if name := text(one.get("id")):
            monitor = await pages.get(f"/backend/monitor?model={quote(name, safe='')}")
            memory = count(part(monitor, "memory", "total")) or count(part(monitor, "memory_info", "rss"))
            models.append(Served(id=name, reported=ServerReported(memory_bytes=memory)))
    return Recognised(dialect="localai", version=text(found.get("version")), models=tuple(models))


async def vllm(pages: Pages, listing: Any) -> Recognised | None:
    """vLLM: told by the owner of its models; it serves what it was started with."""
    listed = entries(listing, "data")
    if not any(one.get("owned_by") == "vllm" for one in listed):
        return None
    models = [
        Served(id=name, reported=ServerReported(context=count(one.get("max_model_len")), loaded=True))
        for one in listed
        if (name := text(one.get("id")))
    ]
    version = text(part(await pages.get("/version"), "version"))
    return Recognised(dialect="vllm", version=version, models=tuple(models))


async def lmstudio(pages: Pages, listing: Any) -> Recognised | None:
    """LM Studio, by its own list: the newer one has sizes, the older one does not."""
    del listing
    newer = await pages.get("/api/v1/models")
    listed = entries(newer, "models")
    if listed and "key" in listed[0]:
        models = [_lmstudio_model(one) for one in listed if text(one.get("key"))]
        return Recognised(dialect="lmstudio", version=None, models=tuple(models))
    older = entries(await pages.get("/api/v0/models"), "data")
    if not older or "state" not in older[0]:
        return None
    models = [
        Served(
            id=name,
            reported=ServerReported(
                context_trained=count(one.get("max_context_length")),
                family=text(one.get("arch")),
                quantisation=text(one.get("quantization")),
                loaded=one.get("state") == "loaded",
            ),
        )
        for one in older
        if (name := text(one.get("id"))) and one.get("type") != "embeddings"
    ]
    return Recognised(dialect="lmstudio-v0", version=None, models=tuple(models))


def _lmstudio_model(one: dict[str, Any]) -> Served:
    instances = entries(one.get("loaded_instances"))
    context = [count(part(instance, "config", "context_length")) for instance in instances]
    return Served(
        id=str(text(one.get("key"))),
        reported=ServerReported(
            disk_bytes=count(one.get("size_bytes")),
            context=next(iter(context), None),
            context_trained=count(one.get("max_context_length")),
            family=text(one.get("architecture")),
            parameters=text(one.get("params_string")),
            quantisation=text(part(one, "quantization", "name")),
            loaded=bool(instances),
        ),
    )


async def ollama(pages: Pages, listing: Any) -> Recognised | None:
    """Ollama: sizes in its tags, licence texts one by one, and an estimate of memory for what is loaded."""
    del listing
    tags = await pages.get("/api/tags")
    if not isinstance(tags, dict) or "models" not in tags:
        return None
    running = {
        one.get("model") or one.get("name"): one for one in entries(await pages.get("/api/ps"), "models")
    }
    models = []
    for at, one in enumerate(entries(tags, "models")):
        name = text(one.get("model")) or text(one.get("name"))
        if not name:
            continue
        shown = await pages.get("/api/show", {"model": name}) if at < DETAILED else None
        info = part(shown, "model_info")
        now = running.get(name)
        models.append(
            Served(
                id=name,
                reported=ServerReported(
                    disk_bytes=count(one.get("size")),
                    memory_bytes=count(part(now, "size")),
                    context=count(part(now, "context_length")),
                    context_trained=count(part(info, f"{part(info, 'general.architecture')}.context_length")),
                    licence=licence_of(part(shown, "license")),
                    family=text(part(one, "details", "family")),
                    parameters=text(part(one, "details", "parameter_size")),
                    quantisation=text(part(one, "details", "quantization_level")),
                    digest=text(one.get("digest")),
                    loaded=now is not None,
                ),
            )
        )
    version = text(part(await pages.get("/api/version"), "version"))
    return Recognised(dialect="ollama", version=version, models=tuple(models))


DIALECTS: tuple[Tell, ...] = (foundry, foundry_classic, llamacpp, localai, vllm, lmstudio, ollama)
