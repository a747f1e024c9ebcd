"""`slm-judge rubrics check` and `prompts check`: what is wrong with a file, and what its author should look at again."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from service.cli.showing import console, plain
from service.errors import Fault, InvalidFile
from service.resources import data_folder


def check_rubrics(files: Sequence[Path], *, prompts: Sequence[Path] = (), strict: bool) -> int:
    """Check rubric files and print what was found; return 1 if one cannot be used, or with `strict` is vague.

    Worked examples are held against the prompt sets in the files `prompts`, and those must be usable themselves.
    """
    from service.library import Folders, Library
    from service.library.documents import read_document
    from service.library.leaks import example_places
    from service.library.vagueness import vague_places

    library = Library(Folders(rubrics=data_folder("rubrics"), prompts=data_folder("prompts")))
    sets = []

    def read(file: Path) -> tuple[str, list[Fault]]:
        sets.append(library.parse_prompt_set(read_document(file), file.stem))
        return f"{len(sets[-1].prompts)} prompts to hold the examples against", []

    status = _check(prompts, read, strict=strict)

    def look(file: Path) -> tuple[str, list[Fault]]:
        rubric = library.parse_rubric(read_document(file), file.stem)
        judged = sum(facet.check is None for facet in rubric.facets)
        said = f"{len(rubric.facets)} facets, {judged} for the judge, fingerprint {rubric.fingerprint[:12]}"
        return said, [*vague_places(rubric), *example_places(rubric, sets)]

    return max(status, _check(files, look, strict=strict))


def check_prompts(files: Sequence[Path], *, strict: bool) -> int:
    """Check prompt sets and print what was found; return 1 if one cannot be used, or with `strict` has gaps."""
    from service.library import Folders, Library
    from service.library.documents import read_document

    library = Library(Folders(rubrics=data_folder("rubrics"), prompts=data_folder("prompts")))

    def look(file: Path) -> tuple[str, list[Fault]]:
        prompts = library.parse_prompt_set(read_document(file), file.stem).prompts
        with_reference = sum(prompt.reference is not None for prompt in prompts)
        tags = Counter(tag for prompt in prompts for tag in prompt.tags)
        said = f"{len(prompts)} prompts, {with_reference} with a reference, {len(tags)} tags"
        return said, _gaps(len(prompts), with_reference)

    return _check(files, look, strict=strict)


def _gaps(prompts: int, with_reference: int) -> list[Fault]:
    gaps = []
    if with_reference < min(10, prompts):
        detail = (
            f"{with_reference} prompts have a reference: a judge is examined on planted faults in ten of them, and without "
            "it may decide nothing"
        )
        gaps.append(Fault(pointer="", detail=detail))
    if prompts < 20:
        detail = f"{prompts} prompts: a p95 needs 20, and below 50 probabilities are provisional"
        gaps.append(Fault(pointer="", detail=detail))
    return gaps


def _check(files: Sequence[Path], look: Callable[[Path], tuple[str, list[Fault]]], *, strict: bool) -> int:
    out, status = console(), 0
    for file in files:
        try:
            said, doubts = look(file)
        except InvalidFile as error:
            status = 1
            out.print(plain(f"{file}: cannot be used"), soft_wrap=not out.is_terminal)
            _list(error.faults or (Fault(pointer="", detail=error.message),), "")
            continue
        except KeyError as error:
            msg = f"{file} does not end in one of {', '.join(_suffixes())}"
            raise click.UsageError(msg) from error
        out.print(plain(f"{file}: {said}"), soft_wrap=not out.is_terminal)
        _list(doubts, "look again: ")
        status = max(status, int(strict and bool(doubts)))
    return status


def _suffixes() -> tuple[str, ...]:
    from service.library.documents import MOST_BYTES

    return tuple(MOST_BYTES)


def _list(faults: Sequence[Fault], prefix: str) -> None:
    out = console()
    for fault in faults:
        place = f"{fault.pointer}: " if fault.pointer else ""
        out.print(plain(f"  {prefix}{place}{fault.detail}"), soft_wrap=not out.is_terminal)
