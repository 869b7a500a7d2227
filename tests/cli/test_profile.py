"""`regulars profile` drafts a profile from what a file shows."""

from pathlib import Path

from click.testing import CliRunner

from regulars.cli.main import cli

CASES = Path(__file__).parents[1] / "cases"


def _drafted(name: str) -> str:
    result = CliRunner().invoke(cli, ["profile", str(CASES / name)])
    assert result.exception is None, result.exception
    return result.stdout


def test_a_draft_leaves_out_what_the_file_does_not_say() -> None:
    text = _drafted("hm.csv")
    assert 'ordered_at = "t_dat"' in text
    assert '\n# order_id = { columns = ["customer_id", "t_dat"] }' in text
    assert 'store = "sales_channel_id"' in text


def test_a_file_that_can_be_read_is_read_by_its_draft(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    arguments = [str(CASES / "same_name.csv"), "-o", str(profile)]
    assert CliRunner().invoke(cli, ["profile", *arguments]).exception is None
    assert 'customer_id = "Email"' in profile.read_text("utf-8")
    checked = CliRunner().invoke(cli, ["check", arguments[0], "--profile", str(profile)])
    assert checked.exception is None
    assert "40.00" in checked.output


def test_a_known_export_gets_a_copy_of_its_profile() -> None:
    assert "A copy of the profile odoo-orders" in _drafted("odoo.csv")
