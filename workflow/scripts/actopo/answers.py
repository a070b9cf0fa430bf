"""Answers to the process that plans the workflow: alone on the standard output, whatever a user's code prints."""

import json
import os
import sys
import traceback

from actopo.errors import InputError


def answer(find):
    """
    Print what `find` returns of the question in the first argument as JSON, or exit with an error of one line.

    What a user's code prints, when it is imported, called or at the end, goes to the standard error.

    Parameters
    ----------
    find : callable
        Maps the question to a JSON-ready value.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stream:
        os.dup2(2, 1)
        try:
            found = find(sys.argv[1])
        except (InputError, OSError) as error:
            sys.exit(one_line(error))
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            sys.exit(one_line(f"{type(error).__name__}: {error}"))
        stream.write(json.dumps(found) + "\n")


def one_line(error):
    """An error as the line that the other process looks for."""
    return f"error: {' '.join(str(error).split())}"
