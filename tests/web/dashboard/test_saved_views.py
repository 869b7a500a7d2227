"""Saved views: stored exactly, changed one at a time, overwritten only by their author."""

import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.errors import InputError, ProfileError
from regulars.engines.locking import locked
from regulars.insights.periods import Span
from regulars.insights.view import AGAINST, FILTERS, PERIODS, View
from regulars.web.dashboard.saved_views import MAX_NAME_LENGTH, MAX_VIEWS, ViewFile

days = st.tuples(st.dates(), st.dates()).map(lambda two: Span(min(two), max(two)))
text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.lists(text, min_size=1, max_size=3).map(tuple)
views = st.builds(
    View, st.sampled_from(sorted(PERIODS)), st.sampled_from(sorted(AGAINST)),
    st.none() | days, st.dictionaries(st.sampled_from(sorted(FILTERS)), values),
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> ViewFile:
    return ViewFile(tmp_path / "views.json")


@given(view=views)
def test_view_is_restored_exactly(tmp_path_factory: pytest.TempPathFactory, view: View) -> None:
    file = ViewFile(tmp_path_factory.mktemp("views") / "views.json")
    file.save("Kent", view, "ann", "sales")
    [saved] = ViewFile(file.path).views()
    assert (saved.name, saved.author, saved.view, saved.page) == ("Kent", "ann", view, "sales")


def test_view_of_an_earlier_version_has_no_page(file: ViewFile) -> None:
    file.path.write_text(
        '[{"name":"a","by":"b","period":"all","against":"year","days":null,"where":{}}]'
    )
    [saved] = file.views()
    assert (saved.view, saved.page) == (View("all"), "")


def test_views_are_listed_by_name_until_deleted(file: ViewFile) -> None:
    assert file.views() == []
    for name in ("tea", "Mugs", "hats"):
        file.save(name, View(), "ann")
    assert [saved.name for saved in file.views()] == ["hats", "Mugs", "tea"]
    file.delete("MUGS")
    file.delete("never saved")
    assert [saved.name for saved in file.views()] == ["hats", "tea"]


def test_only_the_author_can_overwrite_a_view(file: ViewFile) -> None:
    file.save("Tea", View(), "ann")
    march = View("custom", days=Span(date(2024, 3, 1), date(2024, 3, 31)))
    file.save(" tea ", march, "ann")
    with pytest.raises(InputError, match='ann already uses the name "tea"'):
        file.save("TEA", View(), "bob")
    [saved] = file.views()
    assert (saved.name, saved.view) == ("tea", march)


@pytest.mark.parametrize("name", ["", "  ", "x" * (MAX_NAME_LENGTH + 1), "a\x00b", "a\u202eb"])
def test_unreadable_name_is_refused(file: ViewFile, name: str) -> None:
    with pytest.raises(InputError, match="Give the view a name"):
        file.save(name, View(), "ann")
    assert not file.path.exists()


def test_number_of_views_is_limited(file: ViewFile) -> None:
    for number in range(MAX_VIEWS):
        file.save(f"View {number}", View(), "ann")
    with pytest.raises(InputError, match="Delete one first"):
        file.save("One more", View(), "ann")
    file.save("View 7", View("all"), "ann")
    assert len(file.views()) == MAX_VIEWS


def test_file_is_private_and_locked_during_changes(file: ViewFile) -> None:
    file.save("Tea", View(), "ann")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    with locked(file.path), pytest.raises(InputError, match="Another process is changing"):
        file.save("Mugs", View(), "ann")
    assert [path.name for path in file.path.parent.iterdir()] == ["views.json"]


@pytest.mark.parametrize(
    "text", ["", "{}x", "[1]", '[{"name": "a"}]', '{"a": 1}',
             '[{"name":"a","by":"b","period":"a week","against":"year","days":null,"where":{}}]',
             '[{"name":"a","by":"b","period":"all","against":"year","days":null,"where":{"x":[]}}]']
)  # fmt: skip
def test_invalid_file_is_refused_and_left_unchanged(file: ViewFile, text: str) -> None:
    file.path.write_text(text)
    for action in (file.views, lambda: file.save("Tea", View(), "ann")):
        with pytest.raises(ProfileError, match="is not a valid file of saved views"):
            action()
    assert file.path.read_text() == text
