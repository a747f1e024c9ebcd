"""A runner that behaves as its model's name says: real pipes, no model. Run as a script by the tests.

The name is a word, or several joined by ``+``: ``echo`` answers the prompt back in upper case; ``reference`` answers
"answer to <prompt>"; ``dies-on-load``, ``fails-on-load``, ``silent``, ``garbage``, ``long-line``, ``wrong-shape``;
``dies-on-<word>``, ``hangs-on-<word>``, ``stalls-on-<word>`` and ``refuses-<word>`` act on prompts that hold the word.
``crash-once`` dies at the third answer of its first life; a file next to the scratch folder remembers that it did.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

lock = threading.Lock()


def say(**message: object) -> None:
    with lock:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def acts_on(behaviour: str, names: list[str], text: str) -> bool:
    return any(name.startswith(behaviour) and name.removeprefix(behaviour) in text for name in names)


def answer(order: dict[str, Any], names: list[str], count: int) -> None:
    text = order["messages"][-1]["content"]
    identity = order["id"]
    if acts_on("dies-on-", names, text):
        sys.stderr.write("scripted death\n")
        sys.stderr.flush()
        os._exit(3)
    if acts_on("hangs-on-", names, text):
        time.sleep(3600)
    if acts_on("refuses-", names, text):
        say(type="failed", id=identity, kind="rejected", message="The runtime refused: scripted.")
        return
    if "crash-once" in names and count == 3:
        mark = Path(os.environ["SLM_JUDGE_SCRATCH"]).parent / "crashed-once"
        if not mark.exists():
            mark.touch()
            os._exit(9)
    sent = time.monotonic_ns()
    if "slow" in names:
        time.sleep(0.05)
    said = f"answer to {text}" if "reference" in names else text.upper()
    first = time.monotonic_ns()
    last = first + 1_000_000
    words = len(said.split())
    say(
        type="answer",
        id=identity,
        text="" if "mute" in names else said,
        finish="stop",
        prompt_tokens=len(text.split()),
        completion_tokens=words,
        sent=sent,
        first=None if "mute" in names else first,
        last=None if "mute" in names else last,
        end=last + 1000,
        chunks=[[first, 1], [last, max(1, len(said) - 1)]],
        unknown_field="is ignored",
    )


def load(name: str) -> None:
    names = name.split("+")
    if "dies-on-load" in names:
        sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
        sys.stderr.flush()
        os._exit(134)
    if "fails-on-load" in names:
        say(type="failed", id=0, kind="rejected", message="The runtime refused: no such file.")
    elif "garbage" in names:
        sys.stdout.write("this is no JSON\n")
        sys.stdout.flush()
    elif "wrong-shape" in names:
        say(type="loaded", seconds="long")
    elif "long-line" in names:
        sys.stdout.write("x" * (9 * 1024 * 1024) + "\n")
        sys.stdout.flush()
    else:
        say(
            type="loaded",
            seconds=0.01,
            model_id=f"{name}:1",
            device="cpu",
            context=512,
            capabilities={"lark": True},
        )


def main() -> None:
    names: list[str] = []
    count = 0
    if len(sys.argv) > 1 and sys.argv[1] == "silent":
        time.sleep(3600)
    say(type="ready", protocol=1, pid=os.getpid(), runtime="scripted 1.0")
    for line in sys.stdin:
        order = json.loads(line)
        if order["type"] == "load":
            names = order["name"].split("+")
            load(order["name"])
        elif order["type"] == "ask":
            count += 1
            threading.Thread(target=answer, args=(order, names, count), daemon=True).start()
        elif order["type"] == "bye":
            break


if __name__ == "__main__":
    main()
