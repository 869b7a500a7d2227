"""The command line. Each command is a few lines over a function that anyone could call.

Answers go to stdout alone; progress, warnings and errors go to stderr. Exit codes: 0 done, 1 what
has no code of its own, 2 a wrong question or option, 3 a source that cannot be read as sales, 4 a
profile or setting that is not well formed, 5 the warehouse, 6 a load that does not add up, 7 one
that is not as expected, 70 a fault of ours, 74 the disk is full or a file may not be written,
130 interrupted.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from regulars.cli.commands.build import build, check
from regulars.cli.commands.dashboard import dashboard, users
from regulars.cli.commands.demo import demo
from regulars.cli.commands.lists import lists
from regulars.cli.commands.loads import load, loads, quarantine, replay, sync, undo
from regulars.cli.commands.people import export_customer, forget
from regulars.cli.commands.report import connect, report
from regulars.cli.commands.show import analyses, show
from regulars.cli.options import example
from regulars.cli.passwords import hide_password
from regulars.core.errors import RegularsError


@example("regulars build sales-*.csv", "regulars show segments", "regulars report")
@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="regulars", prog_name="regulars")
def cli() -> None:
    """Turn a shop's raw sales into the customers it keeps."""


for command in (
    demo, build, check, load, sync, loads, undo, quarantine, replay, analyses, show, report, connect,
    lists, forget, export_customer, dashboard, users,
):  # fmt: skip
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; turn what goes wrong into one message and an exit code."""
    if arguments is None:
        hide_password()
    # What goes wrong is said once, by us: libraries would print their tracebacks.
    logging.getLogger().addHandler(logging.NullHandler())
    for told_to_end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told_to_end, _interrupt)
    try:
        cli.main(args=arguments, prog_name="regulars", standalone_mode=False)
    except RegularsError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("Interrupted. A build that is interrupted changes nothing.", 130)
    except BrokenPipeError:
        # Whoever read our answer has stopped reading, as `head` does: that is no fault.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if os.environ.get("REGULARS_DEBUG"):
            raise
        _fail(*_unforeseen(error))


class Interruption(KeyboardInterrupt):
    """Somebody wants us to end, by Ctrl-C or by telling the process to.

    A kind of its own: where a plain KeyboardInterrupt has passed through code that a C library
    runs, Python gives up its own exit code at the end, although it was caught.
    """


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Interruption


def _unforeseen(error: Exception) -> tuple[str, int]:
    first = (str(error).splitlines() or [""])[0]
    if "No space left" in str(error):
        return f"The disk is full, and nothing was changed: {first}", 74
    if type(error).__name__ == "OutOfMemoryException":
        return f"There is too little memory. Raise memory_limit in regulars.toml: {first}", 4
    if isinstance(error, OSError):
        return f"A file cannot be read or written: {first}", 74
    return (
        f"A fault in Regulars ({type(error).__name__}: {first})\n"
        "Please report it, with what REGULARS_DEBUG=1 prints for the same command.",
        70,
    )


def _fail(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
