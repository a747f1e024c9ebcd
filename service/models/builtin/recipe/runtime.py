"""Ask a model directory through Foundry Local, in this process: what is measured is what users will run.

The runtime is one for a process and keeps files of its own, so give it a scratch folder and a process of its own.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import foundry_local_sdk as sdk


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said; `finish` is ``stop`` or ``length``, `tokens` counts the answer with its end."""

    text: str
    finish: str
    tokens: int


class Runtime:
    """A started runtime that loads model directories."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._local = manager.get_catalog(sdk.CatalogType.LOCAL)

    def load(self, folder: Path) -> "LoadedModel":
        """Register and load the directory under its own name."""
        with sdk.ModelInfoBuilder() as info:
            info.set_string_property("task", "chat-completion")
            variant = self._local.register_model(str(folder), f"{folder.name}-generic-cpu:1", info)
        variant.load()
        return LoadedModel(variant)


class LoadedModel:
    """A loaded model, asked without samples and with a fixed seed."""

    def __init__(self, variant: Any) -> None:
        self._variant = variant

    def ask(self, text: str, *, max_tokens: int = 96, grammar: str | None = None) -> Answer:
        """Return the greedy answer to one user message, held to a Lark `grammar` where one is given.

        The seed is sent although nothing is sampled: without one the runtime spends 14 ms on making one up.
        """
        body: dict[str, Any] = {
            "model": self._variant.id,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": max_tokens,
            "temperature": 0,
            "seed": 1,
        }
        if grammar is not None:
            body["response_format"] = {"type": "lark_grammar", "lark_grammar": grammar}
        with sdk.ChatSession(self._variant) as session, sdk.Request() as request:
            request.add_item(sdk.TextItem(json.dumps(body), type=sdk.TextItemType.OPENAI_JSON))
            with session.process_request(request) as response:
                item = next(iter(response))
                reply = json.loads(item.text if isinstance(item, sdk.TextItem) else "")
        choice = reply["choices"][0]
        return Answer(
            text=choice["message"]["content"] or "",
            finish=choice["finish_reason"],
            tokens=reply["usage"]["completion_tokens"],
        )

    def unload(self) -> None:
        """Free the model."""
        self._variant.unload()


@contextmanager
def runtime(scratch: Path) -> Iterator[Runtime]:
    """Start the runtime with its files in `scratch`; one at a time in a process."""
    configuration = sdk.Configuration(
        app_name="slm-judge-recipe",
        app_data_dir=str(scratch),
        model_cache_dir=str(scratch / "cache"),
        log_level=sdk.LogLevel.ERROR,
        disable_nonessential_telemetry=True,
    )
    sdk.FoundryLocalManager.initialize(configuration)
    manager: Any = sdk.FoundryLocalManager.instance
    try:
        yield Runtime(manager)
    finally:
        manager.close()
