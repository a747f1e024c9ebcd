"""The README's shell sessions, pasted from top to bottom into one shell beside a real service: they work and print what it shows."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.service_process import ServiceProcess

README = Path(__file__).parents[1] / "README.md"
USUAL = "http://127.0.0.1:8321"
LEFT_OUT = re.compile(r"<!-- not run by tests/test_readme\.py: .+ -->\n\Z")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What differs from run to run, and what stands for it on both sides.
VOLATILE = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "MOMENT"),
    (re.compile(r'"seq":\d+'), '"seq":NUMBER'),
    (re.compile(r"\d+\.\d+(?:e[+-]\d+)?…?"), "FIGURE"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One command of a session, and what the README shows below it."""

    command: str
    shown: str


def sessions(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each console block, and whether a comment right above it leaves it out."""
    for found in BLOCK.finditer(text):
        yield found[1], LEFT_OUT.search(text[: found.start()]) is not None


def whole(command: str) -> bool:
    """Say whether a shell would run this, or wait for the rest of it."""
    if command.endswith("\\"):
        return False
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


def typed(block: str) -> list[Typed]:
    """Part a block into commands and what they print."""
    commands: list[list[str]] = []
    for line in block.splitlines():
        if commands and not whole(commands[-1][0]):
            commands[-1][0] += "\n" + line
        elif line.startswith("$ "):
            commands.append([line.removeprefix("$ "), ""])
        else:
            assert commands, f"a session begins with a command: {line}"
            commands[-1][1] += line + "\n"
    return [Typed(command=command, shown=shown) for command, shown in commands]


def lasting(text: str) -> str:
    """Put names in the place of what differs from run to run."""
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text


def prints(shown: str, printed: str) -> bool:
    """Say whether this was printed, where an ellipsis stands for anything."""
    parts = [re.escape(part.strip()) for part in lasting(shown).split("…")]
    return re.fullmatch(".*?".join(parts), lasting(printed).strip(), re.DOTALL) is not None


def paste(commands: list[Typed], folder: Path, environment: dict[str, str]) -> list[tuple[int, str]]:
    """Run the commands in one shell and return the exit status and the output of each."""
    end = "--- end of a command: "
    script = folder / "session.sh"
    script.write_text(
        "".join(f"{one.command}\nprintf '\\n%s%s\\n' '{end}' $?\n" for one in commands), encoding="utf-8"
    )
    ran = subprocess.run(
        ["bash", script],
        check=False,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=110,
    )
    *pieces, rest = ran.stdout.decode().replace("\r\n", "\n").split(end)
    statuses = [int(piece.split("\n", 1)[0]) for piece in [*pieces[1:], rest]]
    outputs = [pieces[0], *[piece.split("\n", 1)[1] for piece in pieces[1:]]]
    return list(zip(statuses, outputs, strict=True))


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ('{"a":1, …}', '{"a":1,"b":2}\n', True),
        ('{"a":1, …}', '{"a":2,"b":2}\n', False),
        ('{"seconds":0.047…, …}', '{"seconds":1.5,"b":2}', True),
        ("…\nevent: done\n", "id: 1\nevent: state\n\nevent: done\n\n", True),
        ("…\nevent: done\n", "id: 1\nevent: state\n", False),
        ("/01a20344-e49c-724a-a3de-0bbf0a53cf52", "/01a2041a-3718-73b5-aa45-22e3455fd525", True),
    ],
)
def test_what_is_shown_is_compared_but_for_ellipses_and_what_differs_from_run_to_run(
    shown: str, printed: str, *, same: bool
) -> None:
    assert prints(shown, printed) is same


def test_a_session_is_parted_into_commands_and_what_they_print() -> None:
    block = "$ curl -d '{\n  1}' \\\n    x   # the judge's\n{}\n…\n$ ls\n"
    assert typed(block) == [
        Typed(command="curl -d '{\n  1}' \\\n    x   # the judge's", shown="{}\n…\n"),
        Typed(command="ls", shown=""),
    ]


@pytest.mark.slow
def test_what_the_readme_types_works_from_top_to_bottom_and_prints_what_it_shows(tmp_path: Path) -> None:
    blocks = [block for block, left_out in sessions(README.read_text(encoding="utf-8")) if not left_out]
    service = ServiceProcess(tmp_path)
    service.start()
    try:
        commands = [one for block in blocks for one in typed(block.replace(USUAL, service.url))]
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "SLM_JUDGE_SERVER": service.url,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        printed = paste(commands, tmp_path, environment)
    finally:
        service.stop()
    wrong = [
        f"$ {one.command}\n(status {status})\n{output[:2000]}"
        for one, (status, output) in zip(commands, printed, strict=True)
        if status or '"type":"/problems/' in output or (one.shown and not prints(one.shown, output))
    ]
    assert not wrong, "\n\n".join(wrong)
    assert len(commands) > 40
