"""Settings of the API: the section [api] of `regulars.toml`."""

from dataclasses import dataclass
from pathlib import Path

from regulars.core.errors import ProfileError
from regulars.core.settings import check_settings, read_settings, section


@dataclass(frozen=True)
class ApiSettings:
    """The settings of the API.

    tokens_file          the file that `regulars tokens` manages
    requests_per_minute  how many requests a token may make in a minute
    """

    tokens_file: str = "regulars-tokens.toml"
    requests_per_minute: int = 120

    def __post_init__(self) -> None:
        if self.requests_per_minute < 1:
            raise ProfileError("[api] requests_per_minute must be at least 1.")


def load_api_settings(path: Path = Path("regulars.toml")) -> ApiSettings:
    """Return the API settings in a file, or the defaults if it has none.

    Raises ProfileError with the file and the setting to fix.
    """
    values = section(read_settings(path), "api", str(path))
    check_settings(values, ApiSettings, f"{path}, [api]")
    return ApiSettings(**values)
