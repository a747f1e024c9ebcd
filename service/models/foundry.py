"""The `foundry` runner: a child process that holds one model with foundry-local-sdk and stamps the times itself.

Run as ``python -m service.models.foundry``; it speaks `service.models.protocol` on standard input and output. Own
ONNX Runtime GenAI directories are registered in the SDK's local catalog, which needs no network; aliases are looked up
in the public catalog, which does.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from service.models import protocol
from service.models.foundry_errors import explain
from service.models.stamping import now, stamping_session


class Voice:
    """Standard output, one whole line at a time, kept for the protocol alone.

    The native libraries may print: file descriptor 1 is turned into standard error, and the real one is kept here.
    """

    def __init__(self) -> None:
        private = os.dup(1)
        os.dup2(2, 1)
        self._out: BinaryIO = os.fdopen(private, "wb", buffering=0)
        self._lock = threading.Lock()

    def say(self, message: protocol.FromRunner) -> None:
        """Send `message`; an answer too long for a line becomes a failure."""
        line = protocol.encode(message)
        if len(line) >= protocol.LONGEST_LINE and isinstance(message, protocol.Answered):
            line = protocol.encode(
                protocol.Failed(
                    id=message.id,
                    kind="unexpected",
                    message="The answer is longer than 8 MiB; lower max_tokens.",
                )
            )
        with self._lock:
            self._out.write(line + b"\n")


class Holder:
    """The SDK's manager and the one model it holds."""

    def __init__(self, scratch: Path, cache: Path | None) -> None:
        import foundry_local_sdk as sdk

        self.sdk = sdk
        sdk.FoundryLocalManager.initialize(
            sdk.Configuration(
                app_name="slm-judge",
                app_data_dir=str(scratch),
                model_cache_dir=str(cache or scratch / "cache"),
                log_level=sdk.LogLevel.ERROR,
                disable_nonessential_telemetry=True,
                catalog_urls=_catalog_urls(),
            )
        )
        self.manager: Any = sdk.FoundryLocalManager.instance
        self.model: Any = None
        self.session_class = stamping_session(sdk.ChatSession)

    def load(self, order: protocol.Load) -> protocol.Loaded:
        """Load what `order` names; a native error comes out as the SDK's exception."""
        model = self._from_directory(order) if order.path else self._from_catalog(order)
        begin = time.perf_counter()
        model.load()
        seconds = time.perf_counter() - begin
        self.model = model
        runtime = getattr(model.info, "runtime", None)
        device = getattr(runtime, "device_type", None)
        return protocol.Loaded(
            seconds=seconds,
            model_id=model.id,
            device=str(getattr(device, "name", device) or "CPU").lower(),
            context=model.context_length,
            capabilities={"lark": True, "json_schema": True, "seed": True, "usage": True, "logprobs": False},
        )

    def _from_directory(self, order: protocol.Load) -> Any:
        catalog = self.manager.get_catalog(self.sdk.CatalogType.LOCAL)
        with self.sdk.ModelInfoBuilder() as details:
            details.set_string_property("task", "chat-completion")
            return catalog.register_model(str(order.path), f"{order.name}-generic-cpu:1", details)

    def public_models(self) -> list[Any]:
        """Ask the public catalog; offline this takes some seconds and gives nothing."""
        return list(self.manager.get_catalog(self.sdk.CatalogType.PUBLIC).list_models())

    def _from_catalog(self, order: protocol.Load) -> Any:
        catalog = self.manager.get_catalog(self.sdk.CatalogType.PUBLIC)
        model = catalog.get_model(order.alias)
        if model is None:
            raise LookupError(
                f"The Foundry catalog has no model '{order.alias}', or it cannot be reached from here."
            )
        if not model.is_cached:
            raise LookupError(
                f"'{order.alias}' is in the Foundry catalog but not on this disk: download it first "
                f"(foundry model download {order.alias})."
            )
        return model

    def ask(self, order: protocol.Ask, cancelled: Callable[[], bool]) -> protocol.Answered | protocol.Failed:
        """Stream one answer, stamping each piece on arrival and reading the pieces only afterwards."""
        sdk = self.sdk
        pieces: list[tuple[int, Any]] = []
        body = json.dumps(_body(self.model.id, order))
        stamps: list[int] = []
        with self.session_class(self.model) as session, sdk.Request() as request:
            session.stamps = stamps
            request.add_item(sdk.TextItem(body, type=sdk.TextItemType.OPENAI_JSON))
            session.set_streaming(True)
            sent = now()
            limit = sent + int(order.deadline * 1e9)
            with session.process_streaming_request(request) as stream:
                for piece in stream:
                    stamp = now()
                    pieces.append((stamp, piece))
                    if stamp > limit or cancelled():
                        kind, what = (
                            ("cancelled", "Cancelled.")
                            if cancelled()
                            else ("timed_out", _late(order.deadline))
                        )
                        return protocol.Failed(id=order.id, kind=kind, message=what)
                end = now()
                with stream.final_response as final:
                    usage, finish = final.get_usage(), final.finish_reason
            if len(stamps) >= len(pieces):
                pieces = [(stamp, piece) for stamp, (_, piece) in zip(stamps, pieces, strict=False)]
            return _answer(order.id, pieces, usage, finish, sent, end)


def _late(deadline: float) -> str:
    return f"No complete answer within {deadline:g} s: raise the evaluation's deadline or lower max_tokens."


def _catalog_urls() -> list[tuple[str, str | None]] | None:
    """Catalog to ask instead of the public one: ``SLM_JUDGE_CATALOG_URL``, used behind a mirror and in tests."""
    url = os.environ.get("SLM_JUDGE_CATALOG_URL")
    return [(url, None)] if url else None


def _body(model: str, order: protocol.Ask) -> dict[str, Any]:
    """Request in OpenAI's shape. Penalties are never sent: the runtime reads 0 as "repeat nothing at all"."""
    body: dict[str, Any] = {
        "model": model,
        "messages": order.messages,
        "temperature": order.temperature,
        "max_tokens": order.max_tokens,
        "seed": order.seed,
        "stream": True,
    }
    if order.top_p is not None:
        body["top_p"] = order.top_p
    if order.format is not None and order.format_kind == "lark":
        body["response_format"] = {"type": "lark_grammar", "lark_grammar": order.format}
    elif order.format is not None:
        compact = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
        schema = {**json.loads(order.format), "x-guidance": compact}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _answer(
    identity: int, pieces: list[tuple[int, Any]], usage: Any, finish: Any, sent: int, end: int
) -> protocol.Answered:
    texts: list[tuple[int, str]] = []
    said = None
    for stamp, piece in pieces:
        choices = json.loads(piece.text).get("choices") or [{}]
        text = (choices[0].get("delta") or {}).get("content")
        said = choices[0].get("finish_reason") or said
        if text:
            texts.append((stamp, text))
    return protocol.Answered(
        id=identity,
        text="".join(text for _, text in texts),
        finish=said or str(getattr(finish, "name", finish)).lower(),
        prompt_tokens=getattr(usage, "prompt_tokens", None),
        completion_tokens=getattr(usage, "completion_tokens", None),
        sent=sent,
        first=texts[0][0] if texts else None,
        last=texts[-1][0] if texts else None,
        end=end,
        chunks=[(stamp, len(text)) for stamp, text in texts],
    )


def main() -> None:
    """Serve requests until standard input closes."""
    voice = Voice()
    cache = os.environ.get("SLM_JUDGE_MODEL_CACHE")
    holder = Holder(Path(os.environ["SLM_JUDGE_SCRATCH"]), Path(cache) if cache else None)
    version = getattr(holder.sdk, "__version__", "unknown")
    voice.say(protocol.Ready(protocol=protocol.VERSION, pid=os.getpid(), runtime=f"foundry-local {version}"))
    cancelled: set[int] = set()

    def work(identity: int, job: Callable[[], protocol.FromRunner]) -> None:
        try:
            voice.say(job())
        except Exception as error:  # noqa: BLE001  # whatever the runtime raises is a failure of the model, not ours
            kind, message = explain(error)
            voice.say(protocol.Failed(id=identity, kind=kind, message=message, raw=str(error)[:2000]))

    for line in sys.stdin.buffer:
        order = protocol.decode_from_parent(line)
        match order:
            case protocol.Load():
                work(0, lambda order=order: holder.load(order))  # type: ignore[misc]  # a default binds the loop's value
            case protocol.Ask():
                job = lambda order=order: holder.ask(order, lambda: order.id in cancelled)  # noqa: E731
                threading.Thread(target=work, args=(order.id, job), daemon=True).start()
            case protocol.Cancel():
                cancelled.add(order.id)
            case protocol.Bye():
                break
    # Closing the SDK takes seconds and frees nothing that the system does not free: the process simply ends.
    os._exit(0)


if __name__ == "__main__":
    main()
