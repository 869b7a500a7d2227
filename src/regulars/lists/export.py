"""Lists written to files: complete, harmless in a spreadsheet, private, and logged."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from regulars.core import schema
from regulars.core.errors import QuestionError, WarehouseError
from regulars.core.files import harmless_rows, write_csv, write_xlsx
from regulars.engines.protocols import Engine, ReaderTables
from regulars.lists.control_group import CONTROL, TREATMENT
from regulars.lists.export_formats import Form
from regulars.lists.saved import KeptList, members_of
from regulars.warehouse.people.contacts import Contact, Identity, PeopleTold
from regulars.warehouse.warehouse import Warehouse

AT_A_TIME = 5_000
ENDINGS = (".csv", ".xlsx")


@dataclass(frozen=True)
class Exported:
    """What was written.

    rows           how many customers are in the file
    without_email  how many are not, for nobody knows their e-mail address
    suppressed     how many are not, for they have been suppressed since the list was taken
    """

    name: str
    role: str
    form: str
    file: Path
    rows: int
    without_email: int
    suppressed: int


@dataclass
class Written:
    """The members of a list in a form, as they are written, and how many they were.

    never  who is not to be written to by now
    """

    warehouse: Warehouse
    identity: Identity
    kept: KeptList
    role: str
    form: Form
    never: PeopleTold
    read: int = field(default=0, init=False)
    suppressed: int = field(default=0, init=False)
    rows: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the file, however many they are."""
        members = self.warehouse.rows(
            members_of(ReaderTables(self.warehouse.reader), self.kept, self.role)
        )
        while some := list(islice(members, AT_A_TIME)):
            self.read += len(some)
            some = self._to_be_written_to(some)
            contacts = self._contacts(some)
            for member in some:
                contact = contacts.get(member["customer_id"], Contact())
                if contact.email or not self.form.needs_email:
                    self.rows += 1
                    yield self.form.row(member, contact, self.kept.name)

    @property
    def without_email(self) -> int:
        """How many are not in the file, for nobody knows their e-mail address."""
        return self.read - self.suppressed - self.rows

    def _to_be_written_to(self, members: list[dict[str, Any]]) -> list[dict[str, Any]]:
        left = [one for one in members if not self.never.as_told(one["customer_id"])]
        self.suppressed += len(members) - len(left)
        return left

    def _contacts(self, members: list[dict[str, Any]]) -> dict[str, Contact]:
        if not self.form.tells_people:
            return {}
        return self.identity.contacts([member["customer_id"] for member in members])


def check_output(output: Path) -> None:
    """Raise QuestionError for a file that is neither CSV nor a workbook."""
    if output.suffix.lower() not in ENDINGS:
        raise QuestionError(f"{output} must end in {' or '.join(ENDINGS)}.")


def write(written: Written, path: Path, ending: str) -> None:
    """Write a list to a file that is there. Raises QuestionError where nobody would be in it."""
    columns = list(written.form.columns)
    if ending == ".xlsx":
        write_xlsx("list", columns, harmless_rows(written), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            write_csv(columns, harmless_rows(written), stream, quotes_text=True)
    if not written.rows:
        raise QuestionError(_nobody(written))


def _nobody(written: Written) -> str:
    kept = written.kept
    if not written.read:
        missing = "no control group" if written.role == CONTROL else "nobody left on it"
        return f'The list "{kept.name}" has {missing}: there is nothing to write.'
    left = written.read - written.suppressed
    if not left:
        return (
            f'All {written.read:,} on the list "{kept.name}" have been suppressed since it was '
            "taken: there is nobody to write to."
        )
    return (
        f'None of the {left:,} to write to on the list "{kept.name}" has an e-mail address here, '
        f"and the form {written.form.name} needs one: customers go by numbers, and "
        + (
            "of none of these an e-mail is kept."
            if written.identity.keeps_emails
            else "no e-mails of people are kept. A profile with [people] keeps them "
            "(docs/privacy.md); or write the form plain."
        )
    )


def log(engine: Engine, written: Written, file: Path, author: str, memory_limit: str) -> None:
    """Write down that a list was exported.

    Raises WarehouseError where somebody was forgotten meanwhile: they would be in the file.
    """
    kept = written.kept
    columns = schema.LEDGER_COLUMNS["list_exports"]
    row = (kept.list_id, datetime.now(), author, written.role, written.form.name, written.rows,
           file.name)  # fmt: skip
    with engine.changing(memory_limit=memory_limit) as store:
        members = store.table("list_members")
        theirs = members.filter(members.list_id == kept.list_id, members.role == written.role)
        [found] = store.fetch(theirs.aggregate(rows=theirs.count()))
        if found["rows"] != written.read:
            raise WarehouseError(
                f'The list "{kept.name}" has changed while it was written. Export it again.'
            )
        store.append("list_exports", columns, [row])


def role_of(*, control: bool) -> str:
    """Return whose file it is: of those who are treated, unless the control group is asked for."""
    return CONTROL if control else TREATMENT
