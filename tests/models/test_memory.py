"""Memory by what the platform offers."""

import subprocess
import sys

from service.models.memory import process_tree_memory


def test_a_process_that_holds_64_mib_shows_them() -> None:
    code = "import sys; held = bytearray(b'x' * (64 << 20)); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        memory = process_tree_memory(child.pid)
        child.stdin.close()
    assert memory.resident is not None
    assert 64 << 20 <= memory.resident < 100 << 20
    assert memory.peak is not None
    assert memory.peak >= 64 << 20


def test_a_process_that_is_gone_has_no_figures() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    memory = process_tree_memory(child.pid)
    assert (memory.resident, memory.peak, memory.method) == (None, None, "gone")
