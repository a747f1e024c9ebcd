"""Licences: spelling does not matter, known catalog errors are corrected, and what is unknown is not allowed."""

from fnmatch import fnmatchcase

import pytest

from service.domain.selection import Use
from service.library import Library
from service.library.licences import LicenceTable
from service.rank.gates import licence_gate


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


FAMILIES = {
    # licence: commercial, research, internal
    "MIT": "yes yes yes",
    "Apache-2.0": "yes yes yes",
    "BSD-3-Clause": "yes yes yes",
    "CC0-1.0": "yes yes yes",
    "CC-BY-4.0": "yes yes yes",
    "CC-BY-NC-4.0": "no yes review",
    "LicenseRef-Gemma": "conditional yes conditional",
    "LicenseRef-Llama-2": "conditional yes conditional",
    "LicenseRef-Llama-3": "conditional yes conditional",
    "LicenseRef-Llama-3.1": "conditional yes conditional",
    "LicenseRef-Llama-3.2": "conditional yes conditional",
    "LicenseRef-Llama-3.3": "conditional yes conditional",
    "LicenseRef-Llama-4": "conditional yes conditional",
    "LicenseRef-Qwen": "conditional yes conditional",
    "LicenseRef-Qwen-Research": "no yes review",
    "LicenseRef-Tongyi-Research": "no yes review",
    "LicenseRef-DeepSeek": "conditional yes conditional",
    "LicenseRef-MRL": "no yes review",
    "LicenseRef-MNPL": "no yes review",
    "LicenseRef-LFM-1.0": "conditional yes conditional",
    "LicenseRef-NVIDIA-Open-Model": "review review review",
    "LicenseRef-EXAONE": "review review review",
    "LicenseRef-Stability-Community": "review review review",
    "LicenseRef-Falcon": "review review review",
    "LicenseRef-Tiny-NonCommercial": "no yes yes",
    "LicenseRef-Nobody-Knows": "review review review",
}
USES: tuple[Use, ...] = ("commercial", "research", "internal")


@pytest.mark.parametrize("licence", FAMILIES)
def test_what_each_use_may_do_with_each_family(library: Library, licence: str) -> None:
    terms = {use: library.licence_terms(licence, use, "some-model") for use in USES}
    assert " ".join(terms[use].allowed for use in USES) == FAMILIES[licence]
    passes = {use: licence_gate(one).status for use, one in terms.items()}
    assert passes == {
        use: "pass" if one.allowed in {"yes", "conditional"} else "fail" for use, one in terms.items()
    }
    for one in terms.values():
        assert one.source or one.allowed == "review"
        assert one.obligations or one.allowed == "yes"


def test_the_table_of_families_is_the_whole_table(library: Library) -> None:
    for entry in library.licences().document["licences"]:
        assert any(fnmatchcase(name, entry["id"]) for name in FAMILIES), entry["id"]


def test_catalog_override_and_attestation_are_told_apart(library: Library) -> None:
    table = library.licences()
    word = {
        "model": "qwen2.5-3b*",
        "uses": ["commercial"],
        "by": "Ann Lee",
        "on": "2026-11-02",
        "because": "contract 17",
        "obligations": ["Report the users."],
    }
    vouched = LicenceTable(document={**table.document, "attestations": [word]})
    plain = table.terms("apache-2.0", "commercial", "qwen2.5-3b")
    assert (plain.declared, plain.licence, plain.allowed) == ("apache-2.0", "LicenseRef-Qwen-Research", "no")
    assert plain.overridden is not None
    assert plain.attested is None
    found = vouched.terms("apache-2.0", "commercial", "qwen2.5-3b")
    assert (found.declared, found.licence, found.overridden) == (
        plain.declared,
        plain.licence,
        plain.overridden,
    )
    assert (found.allowed, found.utility) == ("conditional", plain.utility)
    assert found.attested == "Ann Lee vouched on 2026-11-02: contract 17"
    assert "Report the users." in found.obligations
    # Neither another use nor another model is meant by it.
    assert vouched.terms("apache-2.0", "internal", "qwen2.5-3b").allowed == "review"
    assert vouched.terms(None, "commercial", "another").allowed == "review"
    # What the licence allows anyway needs nobody's word.
    assert vouched.terms("LicenseRef-Gemma", "commercial", "qwen2.5-3b").attested is None
