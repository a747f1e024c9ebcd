"""Endpoints of the settings: what is taken, what is refused and why, and where keys come from."""

import json
from pathlib import Path

import pytest

from service.domain.endpoints import Endpoint, NamedModel
from service.domain.failures import Failure, FailureKind
from service.errors import Invalid
from service.models.client import forbidden
from service.models.endpoints import key_of, read_endpoints


def said(**entry: object) -> str:
    return json.dumps([{"name": "there", "url": "http://127.0.0.1:8000/v1"} | entry])


def test_nothing_said_is_no_endpoint() -> None:
    assert read_endpoints(None) == read_endpoints(" ") == read_endpoints("[]") == ()


def test_a_yaml_file_says_the_same_as_json_in_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.yaml"
    file.write_text(
        "- name: there\n  url: https://models.example:8443/v1/\n  key_env: THEIR_KEY\n  use: [judge]\n  concurrency: 8\n"
        "  models:\n    - a/b\n    - {id: c, name: sea, licence: MIT, context: 4096}\n"
    )
    (found,) = read_endpoints(str(file))
    assert found == Endpoint(
        name="there",
        url="https://models.example:8443/v1",
        key_env="THEIR_KEY",
        purposes=("judge",),
        concurrency=8,
        models=(NamedModel(id="a/b"), NamedModel(id="c", name="sea", licence="MIT", context=4096)),
    )


def test_foundry_s_own_variable_is_one_more_endpoint() -> None:
    (found,) = read_endpoints(None, "http://192.168.1.20:5273/v1")
    assert (found.name, found.url, found.root) == (
        "foundry",
        "http://192.168.1.20:5273/v1",
        "http://192.168.1.20:5273",
    )


def test_an_address_without_a_path_gets_openai_s() -> None:
    assert read_endpoints(said(url="http://127.0.0.1:11434"))[0].url == "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/v1",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/v1",
        "http://127.0.0.1/v1?key=secret",
        "http://127.0.0.1/v1#x",
        "http://",
        "http://127.0.0.1:99999/v1",
        "http://127.0.0.1/v1\r\nx: y",
        "http://169.254.169.254/v1",
        "http://[fe80::1]/v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://metadata.google.internal/v1",
        "http://100.100.100.200/v1",
        "http://0.0.0.0/v1",
        17,
        None,
    ],
)
def test_an_address_that_is_never_asked_is_refused_without_repeating_it(url: object) -> None:
    with pytest.raises(Invalid, match=r"/0/url") as caught:
        read_endpoints(said(url=url))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({"name": "No Good"}, "/0/name"),
        ({"name": 3}, "/0/name"),
        ({"key": "sk-secret"}, "/0/key"),
        ({"key_env": "sk-secret-1"}, "/0/key_env"),
        ({"key_env": "A", "key_file": "b"}, "leave one"),
        ({"use": ["anything"]}, "/0/use"),
        ({"use": []}, "/0/use"),
        ({"models": "all"}, "/0/models"),
        ({"concurrency": 0}, "/0/concurrency"),
        ({"concurrency": 65}, "/0/concurrency"),
        ({"concurrency": True}, "/0/concurrency"),
        ({"concurrency": "many"}, "/0/concurrency"),
        ({"models": [{"name": "x"}]}, "/0/models/0"),
        ({"models": [{"id": "x", "name": "a b"}]}, "/0/models/0"),
        ({"models": [{"id": "x", "context": "big"}]}, "/0/models/0"),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_a_key_is_never_repeated(
    entry: dict[str, object], where: str
) -> None:
    with pytest.raises(Invalid) as caught:
        read_endpoints(said(**entry))
    assert where in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[1", "just words", "{a: 1}", "[[]]", "[" * 5000])
def test_what_is_no_list_of_endpoints_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text(text)
    with pytest.raises(Invalid):
        read_endpoints(str(file))


def test_a_file_that_is_not_there_and_a_name_used_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read_endpoints(str(tmp_path / "absent.json"))
    with pytest.raises(Invalid, match="'foundry' is there twice"):
        read_endpoints(said(name="foundry"), "http://127.0.0.1:5273/v1")


def test_a_key_comes_from_a_variable_or_a_file_each_time_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-file\n")
    plain = Endpoint(name="there", url="http://127.0.0.1/v1")
    by_name = Endpoint(name="there", url="http://127.0.0.1/v1", key_env="THEIRS")
    by_file = Endpoint(name="there", url="http://127.0.0.1/v1", key_file=str(file))
    assert key_of(plain, {}) is None
    assert key_of(by_name, {"THEIRS": "from-variable"}) == "from-variable"
    assert key_of(by_file, {}) == "from-file"
    file.write_text("two\nlines")
    for missing in (key_of(by_name, {}), key_of(by_file, {})):
        assert isinstance(missing, Failure)
        assert missing.kind == FailureKind.UNAUTHORISED
        assert "lines" not in missing.message


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.0.9", "100.64.0.7", "8.8.8.8"])
def test_this_machine_the_local_network_and_the_world_may_be_asked(address: str) -> None:
    assert not forbidden(address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.1.1",
        "fe80::1%eth0",
        "224.0.0.1",
        "::",
        "0.0.0.0",
        "fd00:ec2::254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "::169.254.169.254",
        "2001:0:1:1:1:1:5601:5601",
    ],
)
def test_link_local_metadata_and_no_host_s_addresses_may_not(address: str) -> None:
    assert forbidden(address)
