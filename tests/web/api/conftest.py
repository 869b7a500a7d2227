"""The API of the 30-line shop, called in the process of the test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from regulars.core.settings import Settings
from regulars.lists.api import Control, Selection, create_list
from regulars.web.api.access import ApiAccess
from regulars.web.api.app import api_app
from regulars.web.api.rate_limit import RateLimit
from regulars.web.api.tokens import TokenFile
from regulars.web.result_cache import ResultCache
from regulars.web.roles import Role
from support.small_shop import built_small_shop

CAMPAIGN = "All customers"
ENOUGH = 1_000_000


class Api:
    """A running API: a client for each role, and the warehouse and tokens behind it."""

    def __init__(self, folder: Path) -> None:
        self.location = str(folder / "shop.duckdb")
        shutil.copy(built_small_shop() / "shop.duckdb", self.location)
        create_list(
            CAMPAIGN, Selection(), control=Control(0.3), author="adam", warehouse=self.location,
            settings=Settings(),
        )  # fmt: skip
        self.tokens = TokenFile(folder / "tokens.toml")
        self.results = ResultCache(self.location, Settings())
        self.access = ApiAccess(self.tokens, RateLimit(ENOUGH))
        self.app = api_app(self.results, self.access)
        self._secrets = {role: self.tokens.add(role.value, role) for role in Role}

    def as_(self, role: Role) -> TestClient:
        return self.with_token(self._secrets[role])

    def with_token(self, secret: str | None) -> TestClient:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return TestClient(self.app, "http://localhost", headers=headers)

    @property
    def viewer(self) -> TestClient:
        return self.as_(Role.VIEWER)

    @property
    def analyst(self) -> TestClient:
        return self.as_(Role.ANALYST)

    @property
    def exporter(self) -> TestClient:
        return self.as_(Role.EXPORTER)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    api = Api(tmp_path_factory.mktemp("api"))
    yield api
    api.results.shut_down(0)
