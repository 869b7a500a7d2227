"""What a build or load is asked to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from os import PathLike, fspath
from pathlib import Path

from regulars.core.conventions import Conventions
from regulars.core.settings import Settings, load_settings
from regulars.sources.profiles.profile import FileShape, Profile, load_profile
from regulars.warehouse.people.key import Keyring
from regulars.warehouse.people.policy import PeoplePolicy

Progress = Callable[[str], None]


Source = str | PathLike[str]


@dataclass(frozen=True)
class BuildRequest:
    """What to build: sources, how to read them, and what the answers shall hang on."""

    sources: Sequence[str]
    conventions: Conventions
    settings: Settings
    now: datetime
    profile: Profile | None = None
    table: str | None = None
    progress: Progress = lambda _: None
    people_policy: PeoplePolicy | None = None

    @property
    def keyring(self) -> Keyring:
        """Where the key is by which people are kept."""
        return Keyring(Path(self.settings.people_key_file), announce=self.progress)

    @property
    def file(self) -> FileShape:
        """What is told about the shape of the files."""
        told = self.profile.file if self.profile else FileShape()
        return FileShape(told.header, told.delimiter, told.encoding, self.table or told.table)


def with_default_profile(request: BuildRequest) -> BuildRequest:
    """Return an order that reads by the profile of the settings where none is told."""
    if request.profile is not None or not request.settings.profile:
        return request
    return replace(request, profile=load_profile(request.settings.profile))


def make_request(
    sources: Sequence[Source],
    profile: str | Profile | None = None,
    conventions: str = "standard",
    table: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> BuildRequest:
    """Return the order for a build, its names looked up and its settings read."""
    return BuildRequest(
        sources=[fspath(source) for source in sources],
        conventions=Conventions.named(conventions),
        settings=settings or load_settings(),
        now=datetime.now(),
        profile=load_profile(profile) if isinstance(profile, str) else profile,
        table=table,
        progress=progress,
    )
