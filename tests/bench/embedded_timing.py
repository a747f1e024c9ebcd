"""How far the Foundry runner's stamps are from the SDK's native callback, and whether its sums agree.

Run as ``python -m tests.bench.embedded_timing [--answers N]``. The native callback is wrapped from outside, in the same
process as the runner's own code, and each piece's stamp is compared with the moment the native library called. Wall time
around the whole call is compared with the answer's ``end - sent``.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from bisect import bisect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service import resources
from service.models import protocol
from service.models.foundry import Holder


class WrappedFfi:
    """The SDK's foreign function interface, with a stamp taken whenever native code calls back."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.stamps: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def callback(self, signature: str, function: Callable[..., int]) -> Any:
        def stamped(*arguments: Any) -> int:
            self.stamps.append(time.monotonic_ns())
            return function(*arguments)

        return self.real.callback(signature, stamped)


def measure(model: str, answers: int) -> None:
    import foundry_local_sdk._native as native

    wrapped = WrappedFfi(native.ffi)
    native.ffi = wrapped
    with tempfile.TemporaryDirectory() as scratch:
        holder = Holder(Path(scratch), None)
        folder = resources.builtin_models_folder() / model
        holder.load(protocol.Load(name=model, path=str(folder)))
        first, every, walls = [], [], []
        for number in range(answers):
            wrapped.stamps.clear()
            order = protocol.Ask(
                id=number,
                messages=[{"role": "user", "content": "List four fruits."}],
                temperature=0.0,
                max_tokens=64,
                seed=1,
                deadline=20,
            )
            begin = time.monotonic_ns()
            reply = holder.ask(order, lambda: False)
            wall = time.monotonic_ns() - begin
            assert isinstance(reply, protocol.Answered)
            stamps = [stamp for stamp, _ in reply.chunks]
            # One call back can bring several pieces: each is compared with the latest call before its stamp.
            late = [(stamp - wrapped.stamps[bisect(wrapped.stamps, stamp) - 1]) / 1e6 for stamp in stamps]
            first.append(late[0])
            every += late
            walls.append((wall - (reply.end - reply.sent)) / 1e6)
            gaps = sum(later - earlier for earlier, later in itertools.pairwise(stamps))
            assert gaps == (reply.last or 0) - (reply.first or 0)
        for name, values in (("first text", first), ("every piece", every), ("wall - (end - sent)", walls)):
            ordered = sorted(values)
            print(
                f"{model:10s} {name:22s} ms: median {statistics.median(ordered):.4f}  "
                f"p95 {ordered[int(0.95 * (len(ordered) - 1))]:.4f}  max {ordered[-1]:.4f}  n {len(ordered)}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--model", default="tiny-s")
    arguments = parser.parse_args()
    measure(arguments.model, arguments.answers)
