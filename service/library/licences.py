"""Licence terms: what a licence allows for a use, with catalog errors corrected and the unknown refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from license_expression import ExpressionError, Licensing, get_spdx_licensing

from service.domain.selection import LicenceTerms, Use
from service.library.documents import read_document
from service.library.schemas import check, shorten

Allowed = Literal["yes", "conditional", "no", "review"]
_WORST_FIRST: tuple[Allowed, ...] = ("no", "review", "conditional", "yes")
_LONGEST_EXPRESSION = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceTable:
    """The file ``rubrics/licences.yaml``, checked."""

    document: dict[str, Any]

    def terms(self, licence: str | None, use: Use, model: str) -> LicenceTerms:
        """Return what `licence` allows for `use` when `model` declares it.

        An override by the model's name replaces a declaration known to be wrong, and `source` then says so. An attestation
        is a person's word that a use is allowed which the terms alone leave open or forbid (a contract, a review): it is
        kept apart, and never changes what the licence itself says. In an expression, ``AND`` takes the strictest part and
        the obligations of all, ``OR`` the freest part. No licence, an unknown one and one that cannot be read are
        ``review``: they fail closed.
        """
        declared = shorten(licence, 60) if licence else None
        override = self._override(licence, model)
        if override is None:
            return self._attested(replace(self._judged(licence, use), declared=declared), use, model)
        terms = self._judged(override["licence"], use)
        stated = f"declared as '{declared}'" if licence else "not declared"
        because = f"{override['because']} ({override['source']})"
        why = f"{stated}, overridden for '{override['model']}': {because}"
        source = f"{terms.source}; {why}" if terms.source else why
        return self._attested(
            replace(terms, source=source, declared=declared, overridden=because), use, model
        )

    def _attested(self, terms: LicenceTerms, use: Use, model: str) -> LicenceTerms:
        """Allow what somebody vouches for, under the obligations that the licence has anyway."""
        if terms.allowed in {"yes", "conditional"}:
            return terms
        for entry in self.document.get("attestations", ()):
            if fnmatchcase(model.lower(), entry["model"]) and use in entry["uses"]:
                word = f"{entry['by']} vouched on {entry['on']}: {entry['because']}"
                source = f"{terms.source}; {word}" if terms.source else word
                duties = tuple(dict.fromkeys((*terms.obligations, *entry.get("obligations", ()))))
                return replace(terms, allowed="conditional", attested=word, source=source, obligations=duties)
        return terms

    def _override(self, licence: str | None, model: str) -> dict[str, Any] | None:
        declared = "" if licence is None else self._alias(licence).lower()
        for override in self.document["overrides"]:
            wrong = [name.lower() for name in override.get("declared", ())]
            if fnmatchcase(model.lower(), override["model"]) and (not wrong or declared in wrong):
                return dict(override)
        return None

    def _alias(self, licence: str) -> str:
        return str(self.document["aliases"].get(licence.strip().lower(), licence.strip()))

    def _judged(self, licence: str | None, use: Use) -> LicenceTerms:
        if licence is None or not licence.strip():
            return _review(None, "no licence is stated")
        if len(licence) > _LONGEST_EXPRESSION:
            return _review(shorten(licence, 60), "the licence is no identifier")
        try:
            expression = _spdx().parse(self._alias(licence))
        except ExpressionError:
            return _review(shorten(licence, 60), "the licence cannot be read as an SPDX expression")
        return self._expressed(expression, use)

    def _expressed(self, expression: Any, use: Use) -> LicenceTerms:
        licensing = _spdx()
        if not isinstance(expression, licensing.AND | licensing.OR):
            return self._single(str(expression), use)
        parts = [self._expressed(part, use) for part in expression.args]
        if isinstance(expression, licensing.OR):
            return max(parts, key=lambda part: (_WORST_FIRST.index(part.allowed), part.utility))
        return _all_of(parts)

    def _single(self, identifier: str, use: Use) -> LicenceTerms:
        identifier = self._alias(identifier)
        for entry in self.document["licences"]:
            if fnmatchcase(identifier.lower(), entry["id"].lower()):
                return LicenceTerms(
                    licence=identifier,
                    name=entry["name"],
                    allowed=entry["use"][use],
                    utility=float(entry["utility"]),
                    obligations=tuple(entry.get("obligations", ())),
                    source=entry.get("source", ""),
                )
        return _review(identifier, f"'{identifier}' is not in the licence table")


def licence_table(path: Path, schema: Path) -> LicenceTable:
    """Return the licence table in `path`.

    Raises
    ------
    InvalidFile
        If it does not fit `schema`.
    """
    try:
        states = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in (path, schema))
    except OSError:
        states = ()  # reading it says what is wrong
    return _read(path, schema, states)


@lru_cache(maxsize=4)
def _read(path: Path, schema: Path, _states: tuple[tuple[int, int], ...]) -> LicenceTable:
    """Read the table once for each state of its files: every ranking asks for it."""
    return LicenceTable(document=check(read_document(path), schema, "the licence table"))


def _all_of(parts: Sequence[LicenceTerms]) -> LicenceTerms:
    strictest = min(parts, key=lambda part: _WORST_FIRST.index(part.allowed))
    return LicenceTerms(
        licence=" AND ".join(part.licence or "?" for part in parts),
        name=" and ".join(part.name for part in parts),
        allowed=strictest.allowed,
        utility=min(part.utility for part in parts),
        obligations=tuple(dict.fromkeys(duty for part in parts for duty in part.obligations)),
        source="; ".join(dict.fromkeys(part.source for part in parts if part.source)),
    )


def _review(licence: str | None, why: str) -> LicenceTerms:
    duty = f"{why}: have it read by somebody who may decide, then add it to the licence table"
    return LicenceTerms(licence=licence, name=why, allowed="review", utility=0.0, obligations=(duty,))


@lru_cache(maxsize=1)
def _spdx() -> Licensing:
    """Build the SPDX index once: it takes a third of a second."""
    return get_spdx_licensing()
