"""The ``lix`` command: import, export, look at and look after conversations.

A driving adapter: it uses the public names of lixcore and holds no rule of the memory itself. It needs the extra ``cli``;
without it, `main` says so. This module imports neither of its libraries, so that it can.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

_LIBRARIES = frozenset({"rich", "typer"})


def main() -> None:
    """Run the command line; the entry point ``lix``. Always ends by `SystemExit`, with a code of `exit_codes.ExitCode`."""
    from lixcore_cli.exit_codes import ExitCode

    if sys.argv[1:] == ["--version"]:  # asked in scripts and bug reports: fast, and there without the extra
        from lixcore import __version__

        sys.stdout.write(f"lix {__version__}\n")
        raise SystemExit(ExitCode.OK)
    try:
        from lixcore_cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES:
            raise
        from lixcore.errors import MissingExtraError

        sys.stderr.write(f"error: {MissingExtraError('the lix command', module=error.name, extra='cli')}\n")
        raise SystemExit(ExitCode.CONFIG) from None
    raise SystemExit(run())
