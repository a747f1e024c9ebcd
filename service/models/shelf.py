"""The shelf: every model a request may name, from the wheel, own directories, endpoints and the last catalog view."""

from dataclasses import dataclass
from pathlib import Path

from service.domain.endpoints import Endpoint
from service.domain.models import Model
from service.errors import InvalidFile, NotFound
from service.models.catalog import CatalogView, read_catalog
from service.models.directories import read_directory
from service.models.endpoint_views import EndpointView, endpoint_models, read_views


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A directory that looks like a model's but is not one, with the reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where models are looked for.

    Attributes
    ----------
    builtin
        Folder of the models that ship with the service.
    own
        Folders whose sub-directories are the user's ONNX models, or which are a model themselves.
    catalog_file
        The last view of the Foundry catalog.
    endpoints, endpoints_file
        Endpoints of the settings, and the last view of them.
    """

    builtin: Path
    own: tuple[Path, ...]
    catalog_file: Path
    endpoints: tuple[Endpoint, ...] = ()
    endpoints_file: Path | None = None

    def models(self) -> tuple[Model, ...]:
        """Return all models; where two share a name, the user's own directory wins over endpoints, the wheel and the catalog."""
        found: dict[str, Model] = {}
        served = [
            model
            for endpoint, view in zip(self.endpoints, self.views(), strict=True)
            for model in endpoint_models(endpoint, view)
        ]
        for model in (
            *self.catalog().models,
            *self._read(self.builtin, "builtin")[0],
            *served,
            *self._own()[0],
        ):
            found[model.name] = model
        return tuple(sorted(found.values(), key=lambda model: (model.source, model.name)))

    def model(self, name: str) -> Model:
        """Return the model called `name`.

        Raises
        ------
        NotFound
            If no model has that name; the message lists those there are and says why a directory was left out.
        """
        models = {model.name: model for model in self.models()}
        if name in models:
            return models[name]
        broken = [one for one in self.unreadable() if Path(one.path).name == name]
        if broken:
            raise NotFound(f"The model '{name}' cannot be used: {broken[0].reason}")
        known = ", ".join(sorted(models)) or "none"
        state = self.catalog().state
        hint = (
            ""
            if state == "fresh"
            else f" The Foundry catalog: {state}; `slm-judge models --catalog` asks it."
        )
        unseen = [
            f"{view.name}: {view.reason or 'never asked'}" for view in self.views() if view.state != "fresh"
        ]
        hint += f" Endpoints not seen ({'; '.join(unseen)})." if unseen else ""
        raise NotFound(f"There is no model '{name}'. Known models: {known}.{hint}")

    def unreadable(self) -> tuple[Unreadable, ...]:
        """Return the own directories that could not be read as models."""
        return self._own()[1]

    def catalog(self) -> CatalogView:
        """Return the Foundry catalog as last seen."""
        return read_catalog(self.catalog_file)

    def views(self) -> tuple[EndpointView, ...]:
        """Return each endpoint as last seen."""
        if self.endpoints_file is None:
            return tuple(EndpointView(name=endpoint.name) for endpoint in self.endpoints)
        return read_views(self.endpoints_file, self.endpoints)

    def _own(self) -> tuple[list[Model], tuple[Unreadable, ...]]:
        models: list[Model] = []
        broken: list[Unreadable] = []
        for folder in self.own:
            good, bad = self._read(folder, "directory")
            models += good
            broken += bad
        return models, tuple(broken)

    @staticmethod
    def _read(folder: Path, source: str) -> tuple[list[Model], list[Unreadable]]:
        places = [folder] if (folder / "genai_config.json").exists() else _sub_directories(folder)
        models: list[Model] = []
        broken: list[Unreadable] = []
        for place in places:
            try:
                models.append(read_directory(place, source="builtin" if source == "builtin" else "directory"))
            except InvalidFile as error:
                broken.append(Unreadable(path=str(place), reason=error.message))
        return models, broken


def _sub_directories(folder: Path) -> list[Path]:
    try:
        return sorted(
            place for place in folder.iterdir() if place.is_dir() and not place.name.startswith((".", "_"))
        )
    except OSError:
        return []
