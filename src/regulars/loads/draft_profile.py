"""Draft a profile for a file: from how it is read, or from what its refusal proposes."""

import json

from regulars.core.errors import MappingError
from regulars.loads.build import inspect
from regulars.loads.request import BuildRequest
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
        return draft(error.source, error.found, error.used, error.lines, {})
    decided = json.loads(source.source_formats.as_json())
    # Formats that depend on the values of a file, such as prices of lines, are detected again.
    wanted = ("dates", "decimal", *(("discount",) if "discount" in source.mapping.columns else ()))
    formats = {name: value for name, value in decided.items() if name in wanted}
    return draft_of_mapping(source.name, source.columns, source.mapping, formats)
