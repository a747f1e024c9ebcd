"""The installed runtime is named as its own loads name it."""

import foundry_local_sdk

from service.models.installed import installed_runtime


def test_the_name_is_the_one_that_loads_carry() -> None:
    assert installed_runtime() == f"foundry-local {foundry_local_sdk.__version__}"
