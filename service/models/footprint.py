"""Disk size of a model directory: what it really occupies."""

import os
from pathlib import Path

from service.domain.models import Footprint


def footprint(folder: Path) -> Footprint:
    """Return the blocks that the files under `folder` occupy, each inode counted once.

    Model stores share blobs between models by hard link; a sparse or compressed file occupies less than its length.
    Where the platform does not count blocks (Windows), lengths are added up instead. A missing folder is 0 bytes.
    """
    seen: set[tuple[int, int]] = set()
    total = files = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                status = (Path(place) / name).stat()
            except OSError:
                continue
            inode = (status.st_dev, status.st_ino)
            if status.st_ino and inode in seen:
                continue
            seen.add(inode)
            blocks = getattr(status, "st_blocks", None)
            total += status.st_size if blocks is None else blocks * 512
            files += 1
    return Footprint(bytes=total, files=files)
