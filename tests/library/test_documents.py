"""Files from others: within limits, and nothing in them but JSON's own types."""

from pathlib import Path

import pytest

from service.errors import InvalidFile
from service.library.documents import MOST_BYTES, parse_json, parse_yaml, read_document, read_text


def test_yaml_words_and_dates_stay_text_and_keys_are_text() -> None:
    assert parse_yaml("a: yes\nb: 2024-05-01\nc: true\n1: off") == {
        "a": "yes",
        "b": "2024-05-01",
        "c": True,
        "1": "off",
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &x [1]\nb: *x", "uses an alias"),
        ("a: &x [*x]", "uses an alias"),
        ("a: 1\na: 2", "is there twice"),
        ("[" * 2000, "nests more than"),
        ("? [a, b]\n: 1", "key must be text"),
        ("a: !!python/object/apply:os.getcwd []", "constructor"),
        ("a: .nan", "NaN"),
        ("a: !!binary aGk=", "put it in quotes"),
        ("a: [1", "line 1"),
        ("a: {<<: {b: 1}}\n<<: {c: 2}", ""),
    ],
)
def test_yaml_that_is_refused(text: str, told: str) -> None:
    if not told:  # a merge key is a key like any other
        assert parse_yaml(text) == {"a": {"<<": {"b": 1}}, "<<": {"c": 2}}
        return
    with pytest.raises(ValueError, match=told):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "is there twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1e999}', "NaN or an infinity"),
        ("[" * 30 + "]" * 30, "nests more than"),
        ("[" * 100_000, "nests more than"),
        ("{", "Expecting"),
    ],
)
def test_json_that_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_json(text)


@pytest.mark.parametrize("suffix", [".yaml", ".json", ".md"])
def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"huge{suffix}"
    path.write_bytes(b" " * (MOST_BYTES[suffix] + 1))
    with pytest.raises(InvalidFile, match="larger than"):
        read_text(path)


def test_a_file_that_is_not_utf_8_says_where(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"title: caf\xe9")
    with pytest.raises(InvalidFile, match="not UTF-8 at byte 10"):
        read_document(path)


def test_a_file_that_is_not_there_is_an_invalid_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_document(tmp_path / "gone.yaml")


def test_an_edited_file_counts_from_the_next_call(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[1]")
    assert read_document(path) == [1]
    path.write_text("[1, 2]")
    assert read_document(path) == [1, 2]
