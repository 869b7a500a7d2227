"""The request for a build or load: which sources, read how, under which settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from os import PathLike, fspath
from pathlib import Path

from regulars.core.conventions import Conventions
from regulars.core.errors import InputError
from regulars.core.settings import Settings, load_settings
from regulars.lists.saved import author_or_user
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.formats import Formats
from regulars.sources.profiles.profile import Profile, load_profile
from regulars.warehouse.people.key import Keyring
from regulars.warehouse.people.policy import PeoplePolicy

Progress = Callable[[str], None]
Source = str | PathLike[str]


@dataclass(frozen=True)
class BuildRequest:
    """A request to build or change a warehouse.

    sources      files and globs to read
    conventions  how orders and sales are counted
    settings     the settings of the shop
    now          the time of the build or load
    author       the user who builds or loads, for the ledger
    profile      how to read the sources; None to recognise each by its columns
    table        the table to read where a source has several
    as_of        the business date of the sources; None for that of the latest load
    progress     called with each progress message
    people       the people policy; None for that of a new warehouse
    earlier      how sources of the warehouse were read, by the text of `ColumnMapping.describe`; it
                 settles what a source with the same columns leaves open
    """

    sources: Sequence[str]
    conventions: Conventions
    settings: Settings
    now: datetime
    author: str = ""
    profile: Profile | None = None
    table: str | None = None
    as_of: date | None = None
    progress: Progress = lambda _: None
    people: PeoplePolicy | None = None
    earlier: Mapping[str, Formats] = field(default_factory=dict)

    @property
    def keyring(self) -> Keyring:
        """The keyring that the settings name."""
        return Keyring(Path(self.settings.people_key_file), announce=self.progress)

    @property
    def people_policy(self) -> PeoplePolicy:
        """The people policy to apply to the sources."""
        return self.people or PeoplePolicy(self.keyring)

    @property
    def file(self) -> FileOptions:
        """The file shape of the profile, with the requested table."""
        shape = self.profile.file if self.profile else FileOptions()
        return replace(shape, table=self.table or shape.table)


def with_default_profile(request: BuildRequest) -> BuildRequest:
    """Return a request that uses the profile of the settings if it names none itself."""
    if request.profile is not None or not request.settings.profile:
        return request
    return replace(request, profile=load_profile(request.settings.profile))


def make_request(
    sources: Sequence[Source] = (),
    *,
    profile: str | Profile | None = None,
    conventions: str = "standard",
    table: str | None = None,
    as_of: date | str | None = None,
    settings: Settings | None = None,
    author: str | None = None,
    progress: Progress = lambda _: None,
) -> BuildRequest:
    """Return a request with its profile and conventions looked up and its settings loaded.

    Raises InputError for a business date that is not a date, or in the future.
    """
    now = datetime.now()
    return BuildRequest(
        sources=[fspath(source) for source in sources],
        conventions=Conventions.named(conventions),
        settings=settings or load_settings(),
        now=now,
        as_of=parse_business_date(as_of, now.date()),
        author=author_or_user(author),
        profile=load_profile(profile) if isinstance(profile, str) else profile,
        table=table,
        progress=progress,
    )


def parse_business_date(as_of: date | str | None, today: date) -> date | None:
    """Return a business date. Raises InputError if it is not a date, or after today."""
    try:
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise InputError(f'"{as_of}" is not a date. Write it as 2026-01-31.') from None
    if day is not None and day > today:
        raise InputError(f"The business date {day} is in the future.")
    return day
