"""Memory of a process tree, by what each platform offers."""

import psutil

from service.domain.models import Memory


def process_tree_memory(pid: int) -> Memory:
    """Return the memory of process `pid` and its children.

    Linux: proportional set size plus swap, which adds up over a tree without counting shared pages twice. Elsewhere:
    the unique set size (macOS) or private bytes (Windows), named in `method`. `peak` is the highest resident set size
    of any one process of the tree, as the system recorded it.

    Costs about 10 ms per GiB on Linux and holds the process's memory map for that long: never call it while an answer
    is timed. A process that is gone gives ``None`` with the method ``gone``.
    """
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return Memory(resident=None, peak=None, method="gone")
    resident = 0
    peaks: list[int] = []
    method = "gone"
    for process in tree:
        try:
            full = process.memory_full_info()
        except psutil.Error:
            continue
        if hasattr(full, "pss"):
            resident += full.pss + full.swap
            method = "pss+swap"
        else:
            resident += full.uss
            method = "uss"
        peaks.append(_peak(process, full.rss))
    if not peaks:
        return Memory(resident=None, peak=None, method="gone")
    split = _split(pid) if method == "pss+swap" and len(tree) == 1 else None
    return Memory(
        resident=resident,
        peak=max(peaks),
        method=method,
        anonymous=split[0] if split else None,
        file_backed=split[1] if split else None,
    )


def _peak(process: psutil.Process, resident: int) -> int:
    """Highest resident set size: VmHWM on Linux, peak working set on Windows, else what it is now."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123  # a kernel file
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return int(getattr(process.memory_info(), "peak_wset", resident))


def _split(pid: int) -> tuple[int, int] | None:
    """Anonymous and file-backed proportional bytes of one process, or None where the kernel does not say."""
    found: dict[str, int] = {}
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii", errors="replace") as rollup:  # noqa: PTH123  # a kernel file
            for line in rollup:
                words = line.split()
                if words and words[0] in {"Pss_Anon:", "Pss_File:", "Pss_Shmem:"}:
                    found[words[0]] = int(words[1]) * 1024
    except OSError:
        return None
    if "Pss_Anon:" not in found:
        return None
    return found["Pss_Anon:"], found.get("Pss_File:", 0) + found.get("Pss_Shmem:", 0)
