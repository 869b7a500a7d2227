"""Fill warehouses with the same sales once, and copy the file from then on."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from regulars.sources.profiles.profile import Profile
from support.loaded_warehouse import LoadedWarehouse
from support.warehouses import Rows


@dataclass(frozen=True)
class BuiltOnce:
    """The files of warehouses that several tests begin with, by what fills them."""

    folder: Path
    _files: dict[str, Path] = field(default_factory=dict)

    def fill(
        self,
        shop: LoadedWarehouse,
        *files: Rows,
        profile: Callable[[Path], Profile | None] | None = None,
        forget: str = "",
    ) -> None:
        """Build a warehouse from the first file, load the others, and forget a customer.

        On DuckDB, a warehouse that an earlier test has filled in the same way is copied.
        """
        key = repr((files, profile and profile.__name__, forget))
        is_file = not shop.location.startswith("postgresql")
        if is_file and key in self._files:
            shutil.copyfile(self._files[key], shop.location)
            return
        first, *later = (shop.file(f"{'abc'[n]}.csv", rows) for n, rows in enumerate(files))
        chosen = profile(shop.folder) if profile else None
        shop.build(first, profile=chosen)
        for file in later:
            shop.load(file, profile=chosen)
        if forget:
            shop.forget(forget)
        if is_file:
            self._files[key] = self.folder / f"{len(self._files)}.duckdb"
            shutil.copyfile(shop.location, self._files[key])
