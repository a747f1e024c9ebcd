"""``models.json``: what is kept of models and prompts, and what a file says that is not so here."""

from typing import Any

import pytest

from service.library.models_json import choose, models_json


def model(name: str, **changes: Any) -> dict[str, Any]:
    fields = {
        "source": "builtin",
        "family": "tiny",
        "licence": "MIT",
        "capabilities": ["chat"],
        "disk_bytes": 2 * 1024 * 1024,
        "context": 512,
        "version": "1",
        "cached": True,
        "description": "",
        "device": None,
    }
    return fields | {"name": name} | changes


def test_what_is_written_is_read_back_without_a_loss() -> None:
    known = [model("a"), model("b", capabilities=["judge"], disk_bytes=None, licence=None)]
    prompts: list[dict[str, Any]] = [
        {"id": "x", "text": "Why?", "system": None, "reference": "So.", "tags": [], "expect": None}
    ]
    document = models_json(known, prompts)
    assert document == {
        "models": {
            "a": {
                "capabilities": ["chat"],
                "size_mb": 2.0,
                "licence": "MIT",
                "family": "tiny",
                "context": 512,
                "version": "1",
                "source": "builtin",
            },
            "b": {
                "capabilities": ["judge"],
                "family": "tiny",
                "context": 512,
                "version": "1",
                "source": "builtin",
            },
        },
        "prompts": [{"id": "x", "text": "Why?", "reference": "So."}],
    }
    found = choose(document, known)
    assert (found.models, found.lost) == (("a", "b"), ())
    assert found.prompts == ({"id": "x", "text": "Why?", "reference": "So."},)


@pytest.mark.parametrize(
    "document",
    [
        {"models": {"a": {"capabilities": ["chat"], "size_mb": 2}}},
        {"models": [{"alias": "a", "capabilities": ["chat"], "size_mb": 2}]},
        {"a": {"capabilities": ["chat"], "size_mb": 2}},
    ],
)
def test_aliases_may_stand_in_an_object_a_list_or_at_the_top(document: dict[str, Any]) -> None:
    found = choose(document, [model("a")])
    assert (found.models, found.lost) == (("a",), ())


def test_only_models_with_the_tag_are_chosen() -> None:
    document = {"models": {"a": {"capabilities": ["chat"]}, "b": {"capabilities": ["summarise"]}}}
    assert choose(document, [model("a"), model("b")], "chat").models == ("a",)


def test_an_alias_of_the_workshop_is_the_model_behind_foundry() -> None:
    assert choose({"phi-4-mini": {"capabilities": []}}, [model("foundry:phi-4-mini")]).models == (
        "foundry:phi-4-mini",
    )


def test_what_is_not_so_here_is_said_line_by_line() -> None:
    told = {
        "capabilities": ["chat", "tools"],
        "size_mb": 500,
        "licence": "GPL-3.0",
        "version": "2",
        "cost": 3,
    }
    document = {"models": {"a": told, "gone": {}}, "prompts": ["Why?", 3]}
    found = choose(document, [model("a", cached=False)])
    assert found.lost == (
        "a: the capability 'tools' is not on its card",
        "a: its size is 2 MiB here, not 500",
        "a: its licence is MIT here, not GPL-3.0",
        "a: its version is 1 here, not 2",
        "a: 'cost' has no place here",
        "a: it has not been downloaded",
        "gone: there is no such model here",
        "prompts: those that are neither text nor an object",
    )


@pytest.mark.parametrize("document", [[], 3, {}, {"models": []}, {"models": 3}, {"models": [{"size_mb": 1}]}])
def test_a_file_without_models_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="names no models"):
        choose(document, [])
