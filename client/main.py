"""The command line: every command on one screen, and how a command ends."""

import sys
from collections.abc import Sequence
from contextlib import suppress

import typer
from typer.exceptions import TyperException

from client.commands import account, jobs, logs, queue, recipes, system, types
from client.errors import ExitCode, Problem
from client.session import Session
from client.texts import one_line

EPILOG = """
Exit codes: 0 done · 1 the job or recipe that was followed did not complete ·
2 the command line makes no sense · 3 not found, or refused by the server ·
4 the server is away · 5 not signed in, or not allowed · 130 Ctrl-C.

SCALE_URL and SCALE_TOKEN win over what `scale login` has stored.
"""

app = typer.Typer(
    name="scale",
    help="Queue jobs on Scale and see what becomes of them.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
)
app.command("login")(account.login)
app.command("status")(system.status)
app.command("load")(system.load)
app.command("job-types")(types.job_types)
app.command("job-type")(types.job_type)
app.command("queue")(queue.queue)
app.command("jobs")(jobs.jobs)
app.command("job")(jobs.job)
app.command("logs")(logs.logs)
app.command("cancel")(queue.cancel)
app.command("requeue")(queue.requeue)
app.command("recipe-types")(types.recipe_types)
app.command("run-recipe")(recipes.run_recipe)
app.command("recipe")(recipes.recipe)


def main(words: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run a command and return its exit code; what goes wrong is a sentence, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # some stand-ins for a stream cannot be set up
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        result = app(
            sys.argv[1:] if words is None else list(words),
            prog_name="scale",
            standalone_mode=False,
            obj=session or Session(),
        )
    except Problem as problem:
        return _complain(problem.code, str(problem))
    except TyperException as error:
        return _complain_of_usage(error)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        text = f"The server's answer is not what a Scale says ({type(error).__name__}: {error})."
        return _complain(ExitCode.AWAY, text)
    except OSError as error:
        return _complain(ExitCode.USAGE, f"{error}.")
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except SystemExit:  # so typer and rich end when whoever read the output has gone
        return ExitCode.BROKEN_PIPE
    return int(result or ExitCode.OK)


def _complain_of_usage(error: TyperException) -> int:
    text = error.format_message()
    if not text:  # the help has been printed
        return ExitCode.USAGE
    ctx = getattr(error, "ctx", None)
    command = ctx.command_path if ctx else "scale"
    return _complain(ExitCode.USAGE, f"{text.rstrip('.')}. See `{command} --help`.")


def _complain(code: ExitCode, text: str) -> int:
    sys.stderr.write(f"scale: {one_line(text)}\n")
    return code
