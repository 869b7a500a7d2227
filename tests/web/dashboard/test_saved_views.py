"""Views kept under names: as they were, by one at a time, and nobody else's to overwrite."""

import stat
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.errors import InputError, ProfileError
from regulars.engines.locking import locked
from regulars.insights.periods import Span
from regulars.insights.view import AGAINST, FILTERS, PERIODS, View
from regulars.web.dashboard.saved_views import LONGEST_NAME, MOST_VIEWS, ViewFile

days = st.tuples(st.dates(), st.dates()).map(lambda two: Span(min(two), max(two)))
text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.lists(text, min_size=1, max_size=3).map(tuple)
views = st.builds(
    View, st.sampled_from(sorted(PERIODS)), st.sampled_from(sorted(AGAINST)),
    st.none() | days, st.dictionaries(st.sampled_from(sorted(FILTERS)), values),
)  # fmt: skip


@pytest.fixture
def file(tmp_path):
    return ViewFile(tmp_path / "views.json")


@given(view=views)
def test_a_view_comes_back_as_it_was(tmp_path_factory, view):
    file = ViewFile(tmp_path_factory.mktemp("views") / "views.json")
    file.keep("Kent", view, "ann")
    [kept] = ViewFile(file.path).views()
    assert (kept.name, kept.by, kept.view) == ("Kent", "ann", view)


def test_views_are_told_by_their_names_until_they_are_removed(file):
    assert file.views() == []
    for name in ("tea", "Mugs", "hats"):
        file.keep(name, View(), "ann")
    assert [one.name for one in file.views()] == ["hats", "Mugs", "tea"]
    file.remove("MUGS")
    file.remove("never kept")
    assert [one.name for one in file.views()] == ["hats", "tea"]


def test_the_same_name_is_ones_own_to_keep_anew_and_nobody_elses(file):
    file.keep("Tea", View(), "ann")
    march = View("custom", days=Span(date(2024, 3, 1), date(2024, 3, 31)))
    file.keep(" tea ", march, "ann")
    with pytest.raises(InputError, match='"tea" is kept by ann'):
        file.keep("TEA", View(), "bob")
    [kept] = file.views()
    assert (kept.name, kept.view) == ("tea", march)


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST_NAME + 1), "a\x00b", "a\u202eb"])
def test_a_name_that_cannot_be_read_will_not_do(file, name):
    with pytest.raises(InputError, match="needs a name"):
        file.keep(name, View(), "ann")
    assert not file.path.exists()


def test_there_are_only_so_many(file):
    for number in range(MOST_VIEWS):
        file.keep(f"View {number}", View(), "ann")
    with pytest.raises(InputError, match="remove one first"):
        file.keep("One more", View(), "ann")
    file.keep("View 7", View("all"), "ann")
    assert len(file.views()) == MOST_VIEWS


def test_the_file_is_for_its_owner_alone_and_changed_by_one_at_a_time(file):
    file.keep("Tea", View(), "ann")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    with locked(file.path), pytest.raises(InputError, match="Somebody else is changing"):
        file.keep("Mugs", View(), "ann")
    assert [one.name for one in file.path.parent.iterdir()] == ["views.json"]


@pytest.mark.parametrize(
    "text", ["", "{}x", "[1]", '[{"name": "a"}]', '{"a": 1}',
             '[{"name":"a","by":"b","period":"a week","against":"year","days":null,"where":{}}]',
             '[{"name":"a","by":"b","period":"all","against":"year","days":null,"where":{"x":[]}}]']
)  # fmt: skip
def test_a_file_that_is_not_ours_is_told_and_left_as_it_is(file, text):
    file.path.write_text(text)
    for asked in (file.views, lambda: file.keep("Tea", View(), "ann")):
        with pytest.raises(ProfileError, match="is not as the dashboard writes it"):
            asked()
    assert file.path.read_text() == text
