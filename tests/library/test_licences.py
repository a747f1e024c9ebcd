"""Licences: spelling does not matter, known catalog errors are corrected, and what is unknown is not allowed."""

import pytest

from service.domain.selection import Use
from service.library import Library


@pytest.mark.parametrize(
    ("licence", "use", "allowed"),
    [
        ("MIT", "commercial", "yes"),
        ("mit", "commercial", "yes"),
        ("apache-2.0", "commercial", "yes"),
        ("Apache 2.0", "commercial", "yes"),
        ("gemma", "commercial", "conditional"),
        ("gemma", "research", "yes"),
        ("llama3.2", "commercial", "conditional"),
        ("LicenseRef-Qwen-Research", "commercial", "no"),
        ("LicenseRef-Qwen-Research", "research", "yes"),
        ("cc-by-nc-4.0", "commercial", "no"),
        ("CC-BY-NC-SA-4.0", "commercial", "no"),
        ("LicenseRef-Tiny-NonCommercial", "commercial", "no"),
        ("LicenseRef-Tiny-NonCommercial", "internal", "yes"),
        ("MIT AND LicenseRef-Llama-3.1", "commercial", "conditional"),
        ("MIT OR LicenseRef-Qwen-Research", "commercial", "yes"),
        ("MIT AND LicenseRef-Nobody", "commercial", "review"),
        # fails closed
        (None, "commercial", "review"),
        ("  ", "research", "review"),
        ("other", "commercial", "review"),
        ("unknown", "internal", "review"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "commercial", "review"),
        ("see LICENSE file (", "commercial", "review"),
        ("(" * 5000, "commercial", "review"),
        ("LicenseRef-EXAONE", "research", "review"),
    ],
)
def test_what_a_licence_allows(library: Library, licence: str | None, use: Use, allowed: str) -> None:
    terms = library.licence_terms(licence, use, "some-model")
    assert terms.allowed == allowed
    assert terms.obligations or terms.allowed == "yes"


def test_the_utility_of_the_unknown_is_zero(library: Library) -> None:
    assert library.licence_terms(None, "commercial", "m").utility == 0.0
    assert library.licence_terms("MIT", "commercial", "m").utility == 1.0


@pytest.mark.parametrize(
    ("model", "declared", "licence", "allowed"),
    [
        ("qwen2.5-3b", "apache-2.0", "LicenseRef-Qwen-Research", "no"),
        ("Qwen2.5-3B-instruct-generic-cpu:4", "Apache-2.0", "LicenseRef-Qwen-Research", "no"),
        ("qwen2.5-coder-3b", "apache-2.0", "LicenseRef-Qwen-Research", "no"),
        ("qwen2.5-32b", "apache-2.0", "Apache-2.0", "yes"),
        ("qwen2.5-7b-instruct-qnn-npu:2", "MIT", "Apache-2.0", "yes"),
        ("deepseek-r1-8b", "MIT", "MIT AND LicenseRef-Llama-3.1", "conditional"),
        ("deepseek-r1-7b", "MIT", "MIT", "yes"),
        ("gpt-oss-20b", "MIT", "Apache-2.0", "yes"),
    ],
)
def test_a_known_catalog_error_is_overridden_with_its_provenance(
    library: Library, model: str, declared: str, licence: str, allowed: str
) -> None:
    terms = library.licence_terms(declared, "commercial", model)
    assert (terms.licence, terms.allowed) == (licence, allowed)
    if terms.licence is not None and terms.licence.lower() != declared.lower():
        assert f"declared as '{declared}', overridden" in terms.source


def test_a_licence_somebody_negotiated_is_not_overridden(library: Library) -> None:
    terms = library.licence_terms("LicenseRef-Our-Contract", "commercial", "qwen2.5-3b")
    assert (terms.licence, terms.allowed) == ("LicenseRef-Our-Contract", "review")


def test_obligations_of_all_parts_are_carried(library: Library) -> None:
    duties = library.licence_terms("MIT AND LicenseRef-Llama-3.1", "commercial", "m").obligations
    assert any("copyright" in duty for duty in duties)
    assert any("700 million" in duty for duty in duties)
