"""The writer of model directories, up to the real runtime answering from one."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.models.builtin.recipe.decoder import Dtype, pack_int8
from service.models.builtin.recipe.graph import (
    ModelShape,
    byte_tokenizer,
    parameters,
    random_weights,
    write_micro_model,
    write_model_directory,
)

SHAPE = ModelShape(vocab=264, hidden=64, layers=2, heads=4, kv_heads=2, ffn=96, context=128)

ASK = """
import sys
from pathlib import Path
from service.models.builtin.recipe.runtime import runtime

with runtime(Path(sys.argv[1])) as started:
    for folder in sys.argv[3:]:
        answer = started.load(Path(folder)).ask("How good?", grammar=sys.argv[2])
        print(answer.finish, answer.tokens, answer.text)
"""
GRAMMAR = 'start: "{\\"accuracy\\": " N ", \\"clarity\\": " N "}"\nN: /[1-5]/'


def digest(folder: Path) -> str:
    """One digest over every name and byte in a folder."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


@pytest.mark.parametrize("dtype", ["fp32", "fp16", "int8"])
def test_the_same_weights_give_the_same_bytes(tmp_path: Path, dtype: Dtype) -> None:
    """Writing a model twice gives identical directories."""
    for name in ("one", "two"):
        write_model_directory(tmp_path / name, SHAPE, random_weights(SHAPE, 5), byte_tokenizer(), dtype)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_the_micro_model_is_small(tmp_path: Path) -> None:
    """The model for tests stays under 80 kilobytes, so that a test can write one for itself."""
    folder = write_micro_model(tmp_path / "micro")
    assert sum(path.stat().st_size for path in folder.iterdir()) < 80_000


def test_the_configuration_keeps_temperature_and_seed_alive(tmp_path: Path) -> None:
    """A top_k of 1 would make sampling inert; more threads than one would make timings depend on neighbours."""
    configuration = json.loads((write_micro_model(tmp_path / "micro") / "genai_config.json").read_text())
    assert configuration["search"]["top_k"] == 50
    assert configuration["search"]["do_sample"] is False
    assert configuration["model"]["decoder"]["session_options"]["intra_op_num_threads"] == 1


def test_a_foreign_tokenizer_is_refused(tmp_path: Path) -> None:
    """Weights with another vocabulary's tokenizer would answer nonsense without failing."""
    tokenizer = byte_tokenizer(merges=[("a", "b")])
    with pytest.raises(ValueError, match="265 tokens for a vocabulary of 264"):
        write_model_directory(tmp_path / "m", SHAPE, random_weights(SHAPE, 0), tokenizer)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    """The message says which array is missing."""
    weights = random_weights(SHAPE, 0)
    del weights["l1.up"]
    with pytest.raises(ValueError, match=r"l1\.up"):
        write_model_directory(tmp_path / "m", SHAPE, weights, byte_tokenizer())


def test_heads_must_divide_the_width() -> None:
    """A width of 65 cannot be cut into four heads."""
    with pytest.raises(ValueError, match="heads must divide"):
        ModelShape(vocab=264, hidden=65, layers=1, heads=4, kv_heads=4, ffn=8)


def test_parameters_counts_every_array() -> None:
    """The count is that of the arrays themselves."""
    assert parameters(SHAPE) == sum(array.size for array in random_weights(SHAPE, 0).values())


def test_packed_bytes_unpack_to_within_half_a_step() -> None:
    """A value comes back as (byte - 128) x scale, at most half a scale away, except at the clipped end."""
    weight = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    packed, scales = pack_int8(weight)
    steps = scales.reshape(3, 2, 1)
    back = ((packed.astype(np.float32) - 128) * steps).reshape(3, 64)[:, :40].T
    # The end of the scale without a byte of its own (+128) is clipped to 127: one whole step away at most.
    assert np.all(np.abs(back - weight) <= np.abs(steps).max())


def test_the_real_runtime_answers_under_a_grammar(tmp_path: Path) -> None:
    """Every number format loads in Foundry Local and holds to a Lark grammar, untrained as the models are."""
    folders = [write_micro_model(tmp_path / "micro")]
    dtypes: tuple[Dtype, ...] = ("fp32", "fp16", "int8")
    folders += [
        write_model_directory(
            tmp_path / f"m-{dtype}", SHAPE, random_weights(SHAPE, 1), byte_tokenizer(), dtype
        )
        for dtype in dtypes
    ]
    finished = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "scratch"), GRAMMAR, *map(str, folders)],
        env={**os.environ, "HOME": str(tmp_path), "ORT_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    answers = finished.stdout.splitlines()
    assert len(answers) == len(folders)
    for answer in answers:
        assert re.fullmatch(r'stop \d+ \{"accuracy": [1-5], "clarity": [1-5]\}', answer)
