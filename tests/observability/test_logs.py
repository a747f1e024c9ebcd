"""Log lines say what happened where, as JSON or plainly, and hold no secret whoever put it there."""

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from service.observability.context import bound, current, safe_id
from service.observability.logs import Form, configure_logs
from service.observability.redaction import redact

SECRET = "sk-canary-4f9b1d7e2a"
TOKEN = "slmj_0123456789ab_" + "y" * 43


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(form: Form, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure_logs(form, level, secrets=[SECRET], stream=stream)
    return stream


@pytest.mark.usefixtures("restored")
def test_a_line_is_json_with_what_is_bound_where_it_was_made() -> None:
    stream = written("json")
    with bound(request_id="r1", evaluation="e1"):
        logging.getLogger("service.x").info("model loaded", extra={"seconds": 0.25})
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "service.x",
        "message": "model loaded",
        "seconds": 0.25,
        "request_id": "r1",
        "evaluation": "e1",
    }


@pytest.mark.usefixtures("restored")
def test_a_console_line_is_for_people() -> None:
    stream = written("console")
    logging.getLogger("service.x").warning("model %s not loaded", "tiny-s", extra={"failure": "timed_out"})
    assert "model tiny-s not loaded" in stream.getvalue()
    assert "failure=timed_out" in stream.getvalue()
    assert "{" not in stream.getvalue()


@pytest.mark.usefixtures("restored")
def test_what_is_below_the_level_is_left_out_and_libraries_are_quieter() -> None:
    stream = written("json", "warning")
    logging.getLogger("service.x").info("unheard")
    logging.getLogger("uvicorn.error").info("unheard")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.usefixtures("restored")
def test_no_secret_is_in_a_line_a_field_or_a_trace(form: Form) -> None:
    stream = written(form)
    log = logging.getLogger("service.x")
    log.info("sent Authorization: Bearer %s", TOKEN)
    log.info("said", extra={"url": f"postgresql://judge:{SECRET}@db/x", "nested": {"api_key": SECRET}})

    def fail(password: str) -> None:
        raise ValueError(f"cannot log in with {password}")

    try:
        fail(SECRET)
    except ValueError:
        log.exception("failed")
    text = stream.getvalue()
    assert "cannot log in with [secret]" in text
    assert "Traceback" in text
    assert SECRET not in text
    assert TOKEN not in text


def test_a_secret_with_quotes_is_found_in_json_too() -> None:
    secret = 'a"b\\c-long'
    assert secret not in json.loads(redact(json.dumps({"a": f"key {secret}"}), [secret]))["a"]


@pytest.mark.parametrize(
    "innocent",
    [
        "the bearer of bad news",
        "basic prompts",
        "http://127.0.0.1:8321/api/v1",
        "tokens: 12 of 40",
        "password:",
    ],
)
def test_innocent_words_stay(innocent: str) -> None:
    assert redact(innocent, ["ab"]) == innocent


async def test_what_is_bound_follows_a_task_and_ends_with_its_context() -> None:
    async def look() -> dict[str, str]:
        await asyncio.sleep(0)
        return dict(current())

    with bound(request_id="r1"):
        task = asyncio.create_task(look())
    assert await task == {"request_id": "r1"}
    assert await look() == {}


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\n", 'a"', "ä", None])
def test_an_id_that_could_do_harm_is_not_taken(given: str | None) -> None:
    assert safe_id(given) is None


def test_what_is_needed_later_is_not_imported_with_it() -> None:
    code = (
        "import sys, service.observability.logs, service.observability.sessions, service.observability.metrics\n"
        "service.observability.logs.configure_logs('json', 'info')\n"
        "print([n for n in ('structlog', 'prometheus_client', 'opentelemetry') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
