"""Draft a profile for a file: from how it is read, or from what its refusal proposes."""

import json
from collections.abc import Mapping
from typing import Any

from regulars.core.errors import MappingError
from regulars.loads.build import inspect
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import StagedSource
from regulars.sources.profiles.draft import draft, draft_of_mapping


def draft_profile(request: BuildRequest) -> str:
    """Return a commented profile for the first source of a request.

    Raises SourceError if the source cannot be read for another reason than its columns.
    """
    try:
        [source, *_] = inspect(request).sources
    except MappingError as error:
        if not error.lines:
            raise
        return draft(error.source, error.found, error.used, error.lines, formats={}, others={})
    return profile_of(source, {})


def profile_of(source: StagedSource, settings: Mapping[str, Any]) -> str:
    """Return a commented profile that reads a source as it was read.

    settings  the sections of the user's profile that it was read with; none if it was recognised
    """
    decided = json.loads(source.source_formats.as_json())
    # Formats that depend on the values of a file, such as prices of lines, are detected again.
    discount = ("discount",) if "discount" in source.mapping.columns else ()
    wanted = ("dates", "first_day", "decimal", *discount)
    formats = {name: decided[name] for name in wanted if isinstance(decided[name], str)}
    if formats.get("dates") == "auto":
        del formats["dates"]
    return draft_of_mapping(source.name, source.columns, source.mapping, formats, settings)
