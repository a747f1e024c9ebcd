"""What can be asked: rubrics, prompt sets, selection profiles and licence terms, from files, checked.

Use `Library(Folders(rubrics=…, prompts=…))`; the other modules are its parts, and `fingerprints` serves the judge step
too. Nothing is read at import.
"""

from service.domain.templates import JudgeTemplate
from service.library.library import Folders, Library

__all__ = ["Folders", "JudgeTemplate", "Library"]
