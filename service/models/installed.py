"""Which runtime is installed here, without loading it."""

from importlib.metadata import PackageNotFoundError, version

NAME = "foundry-local"


def installed_runtime() -> str | None:
    """Return the name that loads give the installed Foundry Local runtime; ``None`` where there is none."""
    try:
        return f"{NAME} {version('foundry-local-sdk')}"
    except PackageNotFoundError:
        return None
