"""The library: every rubric, prompt set, profile, judge template and licence, by name, checked when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.domain.canaries import Canary
from service.domain.rubrics import Injection, Plant, PromptSet, Rubric
from service.domain.selection import LicenceTerms, Profile, Use
from service.domain.templates import JudgeTemplate
from service.library.canaries import read_canaries
from service.library.documents import read_document
from service.library.injections import read_injections
from service.library.judge_templates import read_judge_template
from service.library.licences import LicenceTable, licence_table
from service.library.plants import read_plants
from service.library.profiles import parse_profile
from service.library.prompt_sets import parse_prompt_set
from service.library.rubrics import parse_rubric
from service.library.shelves import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where the files are: the folders ``rubrics`` and ``prompts`` of the installation."""

    rubrics: Path
    prompts: Path


@dataclass(frozen=True, slots=True)
class Library:
    """Reads files when asked and keeps nothing: an edited file counts from the next call.

    Every method that takes a name raises ``NotFound``, with the known names, for one that is not there, ``Invalid``
    for one that is no name, and ``InvalidFile`` for a file that does not fit its schema. The methods that list all
    raise it too: one broken file is told, not skipped.
    """

    folders: Folders

    def rubric(self, name: str) -> Rubric:
        """Return the rubric called `name`."""
        return self.parse_rubric(read_document(self._shelf("rubric").find(name)), name)

    def rubrics(self) -> tuple[Rubric, ...]:
        """Return all rubrics in order of name."""
        return tuple(self.rubric(name) for name in self._shelf("rubric").names())

    def parse_rubric(self, document: Any, name: str) -> Rubric:
        """Return the rubric that an already parsed document describes."""
        return parse_rubric(document, name, self._schema("rubric"))

    def prompt_set(self, name: str) -> PromptSet:
        """Return the prompt set called `name`."""
        return self.parse_prompt_set(read_document(self._shelf("prompt set").find(name)), name)

    def prompt_sets(self) -> tuple[PromptSet, ...]:
        """Return all prompt sets in order of name."""
        return tuple(self.prompt_set(name) for name in self._shelf("prompt set").names())

    def parse_prompt_set(self, document: Any, name: str) -> PromptSet:
        """Return the prompt set that an already parsed document describes."""
        return parse_prompt_set(document, name, self._schema("prompt-set"))

    def profile(self, name: str) -> Profile:
        """Return the selection profile called `name`."""
        return self.parse_profile(read_document(self._shelf("profile").find(name)), name)

    def profiles(self) -> tuple[Profile, ...]:
        """Return all selection profiles in order of name."""
        return tuple(self.profile(name) for name in self._shelf("profile").names())

    def parse_profile(self, document: Any, name: str) -> Profile:
        """Return the profile that an already parsed document describes."""
        return parse_profile(document, name, self._schema("profile"))

    def judge_template(self, name: str) -> JudgeTemplate:
        """Return the judge template called `name`."""
        path = self._shelf("judge template").find(name)
        return read_judge_template(path, name, self._schema("judge-template"))

    def judge_templates(self) -> tuple[JudgeTemplate, ...]:
        """Return all judge templates in order of name."""
        return tuple(self.judge_template(name) for name in self._shelf("judge template").names())

    def pair_template(self, name: str = "general") -> JudgeTemplate:
        """Return the template called `name` for two answers side by side."""
        path = self._shelf("pair template").find(name)
        return read_judge_template(path, name, self._schema("judge-template"), pairs=True)

    def injections(self) -> tuple[Injection, ...]:
        """Return the texts that try to steer a judge, one of each language in turn."""
        return read_injections(
            self.folders.prompts / "probes" / "injections.yaml", self._schema("injections")
        )

    def plants(self) -> tuple[Plant, ...]:
        """Return the insults and dangerous advice that are planted in good answers to examine a judge."""
        return read_plants(self.folders.prompts / "probes" / "plants.yaml", self._schema("plants"))

    def canaries(self) -> tuple[Canary, ...]:
        """Return what every judge is asked beside the candidates' answers in each run."""
        return read_canaries(self.folders.prompts / "probes" / "canaries.yaml", self._schema("canaries"))

    def licence_terms(self, licence: str | None, use: Use, model: str) -> LicenceTerms:
        """Return what `licence` allows for `use` when `model` declares it; see `LicenceTable.terms`."""
        return self.licences().terms(licence, use, model)

    def licences(self) -> LicenceTable:
        """Return the licence table."""
        return licence_table(self.folders.rubrics / "licences.yaml", self._schema("licences"))

    def _shelf(self, kind: str) -> Shelf:
        places: Mapping[str, tuple[Path, *tuple[str, ...]]] = {
            "rubric": (self.folders.rubrics / "quality", ".yaml"),
            "profile": (self.folders.rubrics / "selection", ".yaml"),
            "prompt set": (self.folders.prompts / "sets", ".json", ".jsonl", ".csv"),
            "judge template": (self.folders.prompts / "judge", ".md"),
            "pair template": (self.folders.prompts / "judge" / "pairs", ".md"),
        }
        folder, *suffixes = places[kind]
        return Shelf(kind=kind, folder=folder, suffixes=tuple(suffixes))

    def _schema(self, name: str) -> Path:
        return self.folders.rubrics / "schema" / f"{name}.json"
