"""What each step of a pipeline does: a few lines over the functions of the Python API."""

import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from regulars.core.errors import NoFileError
from regulars.core.formatting import counted
from regulars.core.settings import Settings
from regulars.insights.report.write import check_extra, write_report
from regulars.jobs.pipeline import (
    Common,
    DigestStep,
    FilesStep,
    ListStep,
    ReportStep,
    Step,
    SyncStep,
)
from regulars.lists.api import export_list
from regulars.loads.api import load, sync
from regulars.loads.report import LoadReport
from regulars.warehouse.ledger import FIRST_LOAD
from regulars.warehouse.warehouse import open_warehouse
from regulars.web.digest.mail import NotSentError
from regulars.web.digest.send import current_digest, is_due, send_digest
from regulars.web.digest.settings import DigestFile


@dataclass(frozen=True)
class StepResult:
    """What a step did: a sentence without anything from a source, and the load that it made."""

    message: str
    load_id: int | None = None


@dataclass(frozen=True)
class Night:
    """What the steps of a run share.

    warehouse  its location
    date       the business date
    now        the time of the run
    """

    common: Common
    settings: Settings
    warehouse: str
    date: date
    now: datetime
    progress: Callable[[str], None]


def run_step(step: Step, night: Night) -> StepResult:
    """Run a step. Raises RegularsError if it fails."""
    return _STEPS[type(step)](step, night)


def _load_files(step: FilesStep, night: Night) -> StepResult:
    pattern = step.of(night.date)
    if not Path(pattern).exists() and not glob.glob(pattern, recursive=True):  # noqa: PTH207
        if step.required:
            raise NoFileError(f"No file matches {pattern}: the export has not arrived.")
        return StepResult("No files.")
    report = load(
        pattern, warehouse=night.warehouse, profile=night.common.profile or None,
        strict=night.common.strict, as_of=night.date, settings=night.settings,
        progress=night.progress,
    )  # fmt: skip
    return _loaded(report)


def _sync(step: SyncStep, night: Night) -> StepResult:
    report = sync(
        step.shop, warehouse=night.warehouse, profile=night.common.profile or None,
        table=step.table or None, strict=night.common.strict, settings=night.settings,
        progress=night.progress,
    )  # fmt: skip
    return _loaded(report) if report.load else StepResult("Nothing has changed in the shop.")


def _loaded(report: LoadReport) -> StepResult:
    orders, quarantined = report.orders, report.total("quarantined")[0]
    message = f"{orders.new:,} new and {orders.changed:,} changed orders"
    if report.load == FIRST_LOAD:
        lines = counted(report.total("accepted")[0], "line", "lines")
        message = f"Built the warehouse, with {lines}"
    if quarantined:
        message += f", {counted(quarantined, 'row', 'rows')} quarantined"
    if report.warnings:
        message += f", {counted(len(report.warnings), 'warning', 'warnings')}"
    return StepResult(f"{message}.", report.load)


def _write_report(step: ReportStep, night: Night) -> StepResult:
    with open_warehouse(night.warehouse, settings=night.settings) as opened:
        path = write_report(opened, Path(step.file), progress=night.progress)
    return StepResult(f"Wrote {path}.")


def _send_digest(step: DigestStep, night: Night) -> StepResult:
    check_extra("digest")
    file = DigestFile(Path(step.settings))
    wanted = [only_alerts for only_alerts, is_wanted in (
        (False, is_due(file, night.now)), (True, step.alerts),
    ) if is_wanted]  # fmt: skip
    sent = 0
    with open_warehouse(night.warehouse, settings=night.settings) as opened:
        for only_alerts in wanted:
            today = night.now.date()
            page = current_digest(opened, file.load(), today, only_alerts=only_alerts)
            if only_alerts and not page.alerts:
                continue
            outcomes = send_digest(page, file, now=night.now)
            failed = [one.recipient.to for one in outcomes if one.state == "failed"]
            if failed:
                raise NotSentError(f"The digest was not sent to {', '.join(failed)}.")
            sent += sum(one.state == "sent" for one in outcomes)
    return StepResult(f"Sent {counted(sent, 'message', 'messages')}.")


def _export_list(step: ListStep, night: Night) -> StepResult:
    result = export_list(
        step.name, step.file, form=step.form, warehouse=night.warehouse, settings=night.settings
    )
    return StepResult(f"Wrote {counted(result.rows, 'customer', 'customers')} to {result.file}.")


_STEPS: Mapping[type, Callable[[Any, Night], StepResult]] = {
    FilesStep: _load_files, SyncStep: _sync, ReportStep: _write_report,
    DigestStep: _send_digest, ListStep: _export_list,
}  # fmt: skip
