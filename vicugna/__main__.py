"""The command line. Each command lives in `vicugna/commands/` and is imported when it is called."""

import importlib
import io
import sys

import click

import vicugna
from vicugna.errors import VicugnaError
from vicugna.text.hygiene import show_plain

COMMANDS: dict[str, str] = {
    "run": "raise a training set from seed tasks and a teacher",
    "release": "raise what a set lacks, and release a new version of it",
    "withdraw": "release a set without some of its rows",
    "releases": "list the versions of a set",
    "clean": "filter and deduplicate files you have, or a run again",
    "import": "read files in any layout into a set",
    "export": "write a run again, in other layouts or for a trainer",
    "push": "publish a run on the Hugging Face hub",
    "runs": "list what was made: kept, cost, when",
    "explain": "say why a row was kept or dropped",
    "preview": "show the first prompts and one answer",
    "check": "find what is wrong before a run",
    "ledger": "verify, save, restore or tidy what was paid for",
    "teacher": "serve the offline teacher over HTTP",
    "up": "start a local Prefect server and worker",
    "down": "stop what `up` started",
    "deploy": "deploy the flows to a Prefect server of your own",
    "worker": "do the runs of a Prefect server of your own",
}


_LONGEST_COMPLAINT = 2_000  # characters


class _Commands(click.Group):
    """Lists commands without importing them: start-up time is paid by every run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = {"import": "import_files"}.get(cmd_name, cmd_name)  # a word of Python's
        module = "server" if name in ("up", "down") else name
        return getattr(importlib.import_module(f"vicugna.commands.{module}"), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(vicugna.__version__, message="%(version)s")
def cli() -> None:
    """Raise bilingual (zh/en) instruction data from seed tasks and a teacher model.

    \b
    vicugna run                          400 tasks with the offline teacher, no key
    vicugna run --teacher openai --model gpt-4o-mini --target 1000
    vicugna clean my_alpaca.json         filter and deduplicate what you have
    """


def main() -> None:
    """Run the command line; end with exit code 0, 2 (bad input), 3 (early), 4 (busy) or 130."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may know no Chinese
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(standalone_mode=False, prog_name="vicugna")
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())  # noqa: T201 - this is the command line
        code = 2
    except click.ClickException as error:
        command = (
            error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        )
        hint = f" See {command} --help." if command else ""
        _complain(f"{error.format_message()}{hint}")
        code = 2
    except VicugnaError as error:
        _complain(str(error))
        code = 2
    except (KeyboardInterrupt, click.Abort):
        _complain("stopped. Every paid answer is kept: the same command goes on.")
        code = 130
    sys.exit(code if isinstance(code, int) else 0)


def _complain(text: str) -> None:
    line = show_plain(" ".join(text.split()), _LONGEST_COMPLAINT)  # it may quote anything
    print(f"vicugna: {line}", file=sys.stderr)  # noqa: T201 - as above


if __name__ == "__main__":
    main()
