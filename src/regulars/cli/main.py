"""The command line: every command is a few lines over a public function.

Results, with what a load warns about, go to stdout; progress and errors go to stderr.

Exit codes:
  0    success
  1    any other error
  2    wrong command, option or value
  3    a source cannot be read as sales
  4    a profile or setting is not valid
  5    the warehouse is missing, locked or from another version
  6    a load does not reconcile
  7    a load does not meet expectations (--strict)
  70   a bug in Regulars
  74   the disk is full, or a file cannot be read or written
  130  interrupted
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from regulars.cli.commands.api import api, mcp, tokens
from regulars.cli.commands.build import build, check, profile
from regulars.cli.commands.connect import connect
from regulars.cli.commands.dashboard import dashboard, users
from regulars.cli.commands.demo import demo
from regulars.cli.commands.digest import digest
from regulars.cli.commands.lists import lists
from regulars.cli.commands.loads import load, loads, quarantine, replay, sync, undo
from regulars.cli.commands.notes import notes
from regulars.cli.commands.people import export_customer, forget, merges
from regulars.cli.commands.report import report
from regulars.cli.commands.run import run, schedule
from regulars.cli.commands.show import analyses, show
from regulars.cli.commands.targets import targets
from regulars.cli.options import examples
from regulars.cli.passwords import hide_password
from regulars.core.errors import RegularsError


@examples("regulars build sales-*.csv", "regulars show segments", "regulars report")
@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="regulars", prog_name="regulars")
def cli() -> None:
    """Turn raw sales into metrics, customer segments, reports and customer lists."""


for command in (
    analyses, api, build, check, connect, dashboard, demo, digest, export_customer, forget, lists,
    load, loads, mcp, merges, notes, profile, quarantine, replay, report, run, schedule, show, sync,
    targets, tokens, undo, users,
):  # fmt: skip
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; turn any error into one message and an exit code."""
    if arguments is None:
        hide_password()
    # We print each error once ourselves; without this, libraries would print tracebacks.
    logging.getLogger().addHandler(logging.NullHandler())
    for stop_signal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop_signal, _interrupt)
    try:
        cli.main(args=arguments, prog_name="regulars", standalone_mode=False)
    except RegularsError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("Interrupted. An interrupted build changes nothing.", 130)
    except BrokenPipeError:
        # The reader of our output closed the pipe, as `head` does: that is not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if os.environ.get("REGULARS_DEBUG"):
            raise
        _fail(*_unexpected(error))


class Interruption(KeyboardInterrupt):
    """Ctrl-C or a signal to end the process.

    After a plain KeyboardInterrupt passes through a C library, Python exits with its own code even
    if we catch it; a subclass avoids that.
    """


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Interruption


def _unexpected(error: Exception) -> tuple[str, int]:
    first_line = (str(error).splitlines() or [""])[0]
    if "No space left" in str(error):
        return f"The disk is full. Nothing was changed: {first_line}", 74
    if type(error).__name__ == "OutOfMemoryException":
        return f"Not enough memory. Raise memory_limit in regulars.toml: {first_line}", 4
    if isinstance(error, OSError):
        return f"A file cannot be read or written: {first_line}", 74
    return (
        f"This is a bug in Regulars ({type(error).__name__}: {first_line})\n"
        "Run the command again with REGULARS_DEBUG=1 and report what it prints.",
        70,
    )


def _fail(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)
