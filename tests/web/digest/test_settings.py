"""The settings of the digest, and when it is due."""

from datetime import datetime
from pathlib import Path

import pytest

from regulars.core.errors import ProfileError
from regulars.insights.digest.alerts import Thresholds
from regulars.web.digest.schedule import Schedule, installation
from regulars.web.digest.settings import DigestFile, DigestSettings, Recipient
from regulars.web.roles import Role

FULL = DigestSettings(
    "month", Schedule("15", "06:30"), "https://shop.example/",
    Thresholds(100.5, None, None, 900, 0.2, 0, unusual_days=False),
    (Recipient("ann@example.com", Role.VIEWER), Recipient("REGULARS_WEBHOOK_SALES", Role.ADMIN)),
)  # fmt: skip


@pytest.mark.parametrize("settings", [DigestSettings(), FULL], ids=("defaults", "all"))
def test_saved_settings_are_read_again(tmp_path: Path, settings: DigestSettings) -> None:
    file = DigestFile(tmp_path / "digest.toml")
    file.save(settings)
    assert file.load() == settings
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert DigestFile(tmp_path / "digest.toml").load() == DigestSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('recipient = "ann@example.com"', 'unknown setting "recipient".'),
        ('period = "year"', 'period = "year" must be "week" or "month"'),
        ('day = "someday"', 'day = "someday" must be a weekday'),
        ('day = "31"', 'day = "31" must be a weekday'),
        ('time = "7"', 'time = "7" must be a time such as "07:00"'),
        ('dashboard = "shop.example"', "must begin with https:// or http://"),
        ("[thresholds]\nnet_sales = 1", 'unknown setting "net_sales". Did you mean'),
        ("[thresholds]\nnet_sales_below = true", "net_sales_below = True must be a number"),
        ("[thresholds]\nunusual_days = 1", "unusual_days = 1 must be true or false"),
        ("[thresholds]\nreturn_rate_above = 10", "must be a share between 0 and 1: 0.1 is 10%."),
        ("[thresholds]\nnet_sales_above = -1", "net_sales_above = -1 must not be negative"),
        ('[[recipients]]\nto = "ann"', '"ann" is neither an email address nor'),
        ('[[recipients]]\nto = "a@b.example\\nBcc: c@d.example"', "is neither an email address"),
        ('[[recipients]]\nto = "https://hooks.example/x"', "Put it in an environment variable"),
        ('[[recipients]]\nto = "a@b.example"\nrole = "boss"', 'there is no role "boss"'),
        ('[recipients]\nto = "a@b.example"', "Write each as [[recipients]]."),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = DigestFile(tmp_path / "digest.toml")
    file.path.write_text(text)
    with pytest.raises(ProfileError) as error:
        file.load()
    assert message in str(error.value)
    assert str(file.path) in str(error.value)


MONDAY_SEVEN = Schedule("monday", "07:00")


@pytest.mark.parametrize(
    ("now", "last_run", "is_due"),
    [
        (datetime(2024, 2, 12, 6, 59), datetime(2024, 2, 5, 7), False),
        (datetime(2024, 2, 12, 7, 0), datetime(2024, 2, 5, 7), True),
        (datetime(2024, 2, 12, 7, 15), datetime(2024, 2, 12, 7, 1), False),
        (datetime(2024, 2, 14, 9, 0), datetime(2024, 2, 5, 7), True),  # the machine was off
        (datetime(2024, 2, 14, 9, 0), None, False),  # set up on Wednesday: it waits for Monday
        (datetime(2024, 2, 12, 9, 0), None, True),
    ],
)
def test_it_is_due_from_its_day_and_time_until_it_is_sent(
    now: datetime, last_run: datetime | None, is_due: bool
) -> None:
    assert MONDAY_SEVEN.is_due(now, last_run) is is_due


def test_a_daily_digest_is_due_every_day() -> None:
    schedule = Schedule("daily", "07:00")
    assert schedule.last_due(datetime(2024, 3, 1, 6)) == datetime(2024, 2, 29, 7)
    assert schedule.last_due(datetime(2024, 3, 1, 8)) == datetime(2024, 3, 1, 7)


def test_a_day_of_the_month_is_due_once_a_month() -> None:
    schedule = Schedule("2", "07:00")
    assert schedule.last_due(datetime(2024, 3, 1, 12)) == datetime(2024, 2, 2, 7)
    assert schedule.last_due(datetime(2024, 3, 2, 7)) == datetime(2024, 3, 2, 7)


@pytest.mark.parametrize(
    ("when", "cron", "calendar"),
    [
        ("monday 07:00", "0 7 * * 1  cd ", "OnCalendar=Mon 07:00"),
        ("Sunday 23:45", "45 23 * * 0  cd ", "OnCalendar=Sun 23:45"),
        ("daily 06:00", "0 6 * * *  cd ", "OnCalendar=*-*-* 06:00"),
        ("1", "0 7 1 * *  cd ", "OnCalendar=*-*-01 07:00"),
    ],
)
def test_a_schedule_is_printed_for_cron_and_systemd(when: str, cron: str, calendar: str) -> None:
    text = installation(Schedule.parse(when))
    assert f"\n{cron}" in text
    assert f"\n{calendar}\n" in text
    assert "--if-due" not in text


def test_the_schedule_of_the_settings_runs_often_and_sends_when_due() -> None:
    text = installation(None, " --alerts")
    assert "\n*/15 * * * *  cd " in text
    assert text.count("digest --send --alerts --if-due\n") == 2
