"""Each control of `tests/api/test_controls.py` is taken away in a copy of the code, and a test of its number has to fail."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("service", "tests", "rubrics", "prompts", "alembic", "pyproject.toml", "README.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What stands for a control in one file, and what stands there without it."""

    number: str
    file: str
    control: str
    without: str

    def __str__(self) -> str:
        return f"{self.number}-{Path(self.file).stem}-{self.control.strip()[:30]}"


FOLLOWED = """reply = await self._reader.ask(link.socket, self._request(method, path, body), framing)
            if 300 <= reply.status < 400:
                return await Client(dict(reply.headers)["location"]).ask("GET", "/", limit=limit)
"""

REMOVALS = tuple(
    Removal(number=number, file=f"service/{file}", control=control, without=without)
    for number, file, control, without in (
        ("01", "api/guards.py", "        check_host(headers, self.hosts)\n", ""),
        ("02", "api/guards.py", "        check_origin(headers, self.hosts, method)\n", ""),
        ("02", "api/guards.py", "        check_body_type(headers, method, takes(scope))\n", ""),
        (
            "03",
            "models/client.py",
            "if any(forbidden(address) for address in addresses):",
            "if False:",
        ),
        (
            "03",
            "models/client.py",
            "self._open, addresses, port",
            "self._open, [str(e[4][0]) for e in await asyncio.get_running_loop().getaddrinfo(host, port)], port",
        ),
        (
            "03",
            "models/client.py",
            "reply = await self._reader.ask(link.socket, self._request(method, path, body), framing)\n",
            FOLLOWED,
        ),
        ("03", "api/bodies.py", "if name not in fields", "if False"),
        ("04", "library/shelves.py", "        check_name(name, self.kind)\n", ""),
        ("05", "judge/messages.py", "return _MARKERS.sub(_parted, text)", "return text"),
        ("05", "library/injections.py", "if one is not None)", "if one is not None)[:10]"),
        ("06", "report/markup.py", "Markup(escape(visible(said)))", "Markup(visible(said))"),
        ("06", "api/results.py", "f\"{POLICY}; frame-ancestors 'none'\"", '"script-src *"'),
        ("07", "report/table.py", "else cell(value)", 'else (value or "")'),
        ("08", "library/schemas.py", "schema, registry=Registry()", "schema"),
        ("08", "library/prompt_sets.py", 'and not str(value).startswith("#")', "and False"),
        ("09", "library/prompt_sets.py", "if key in _SLOW_KEYWORDS:", "if False:"),
        ("10", "api/routes.py", "request_max_body_size=max_body", "request_max_body_size=None"),
        ("10", "api/guards.py", "receive = Patience(receive).receive", "pass"),
        ("10", "api/problems.py", "    RecursionError: answer_too_deep,\n", ""),
        ("10", "api/accept.py", "if calls > MOST_CALLS:", "if False:"),
        ("10", "store/queueing.py", "if waiting > most_waiting:", "if False:"),
        ("11", "models/http.py", 'said.replace(self._key, "[key]") if self._key else said', "said"),
        ("11", "store/database.py", "hide_password=True", "hide_password=False"),
        (
            "11",
            "models/opening.py",
            "{name: os.environ[name] for name in _INHERITED if name in os.environ}",
            "dict(os.environ)",
        ),
        ("12", "api/bodies.py", "if name not in fields", "if False"),
        ("12", "library/documents.py", "yaml.SafeLoader", "yaml.UnsafeLoader"),
        ("13", "api/routes.py", "before_send=[add_safety_headers],", "before_send=[],"),
        (
            "13",
            "api/problems.py",
            '"Something went wrong inside the service; its log says what."',
            "str(error)",
        ),
        ("14", "models/framing.py", "if self._size > self._limit:", "if False:"),
    )
)


SECOND = {
    "if name not in fields": (
        "service/api/wire.py",
        "forbid_unknown_fields=True",
        "forbid_unknown_fields=False",
    ),
    "    RecursionError: answer_too_deep,\n": (
        "service/api/bodies.py",
        "UnicodeDecodeError, RecursionError)",
        "UnicodeDecodeError)",
    ),
}
"""What does the same once more elsewhere, and goes with it."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("without")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def test_every_control_is_removed_once() -> None:
    assert {removal.number for removal in REMOVALS} == {f"{number:02}" for number in range(1, 15)}


@pytest.mark.parametrize("removal", REMOVALS, ids=str)
def test_what_is_removed_is_there(removal: Removal) -> None:
    assert (ROOT / removal.file).read_text(encoding="utf-8").count(removal.control) >= 1


@pytest.mark.nightly
@pytest.mark.parametrize("removal", REMOVALS, ids=str)
def test_without_a_control_its_test_fails(copy: Path, removal: Removal) -> None:
    changes = [(removal.file, removal.control, removal.without)]
    changes += [SECOND[removal.control]] if removal.control in SECOND else []
    whole = {name: (copy / name).read_text(encoding="utf-8") for name, _, _ in changes}
    for name, control, without in changes:
        assert control in whole[name]
        (copy / name).write_text(whole[name].replace(control, without), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--timeout=60", "tests/api/test_controls.py", "-k", f"control_{removal.number}"]
    try:
        ran = subprocess.run(
            command,
            check=False,
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=110,
        )
    finally:
        for name, text in whole.items():
            (copy / name).write_text(text, encoding="utf-8")
    said = ran.stdout.decode()
    assert re.search(r"^\d+ failed", said, re.MULTILINE) or "Timeout" in said, said[-3000:]
