"""``lix calibrate``: what each threshold does to the user's own pairs of questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lixcore.errors import InvalidLineError
from lixcore_cli.calibration_report import CalibrationReport
from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, file_problem, invoked
from lixcore_cli.line_source import LineSource, opened
from lixcore_cli.reading_progress import reading_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lixcore.config import CacheConfig
    from lixcore.ports.reuse_policy import MatchPolicy

_LONGEST_LINE: Final = 64 * 1024 * 1024
_PAIRS_A_STEP: Final = 1000


def calibrate(
    pairs: Annotated[
        str, typer.Argument(metavar="PAIRS.jsonl", help="A file of labelled pairs, plain or gzip; - is standard input.")
    ],
    *,
    embeddings: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npy", help="An array of embeddings, one a row, for pairs with row_a and row_b."),
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Which share of the answers found must be right, for the recommendation.")
    ] = 0.9,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Count and list lines that are refused, and go on; the exit code is then 1.")
    ] = False,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what each similarity threshold of the semantic cache does to pairs of questions that you labelled.

    A line is {"a": text, "b": text, "same": true or false, "similarity": cosine}. Instead of the similarity it may have
    a_embedding and b_embedding, or row_a and row_b, the rows of --embeddings; duplicate, 1 or 0, may stand for same.

    Precision is the share of the answers found that are right, coverage the share of the pairs that ask the same whose answer is
    found. Both are shown for the similarity alone and with the configured match policy. Opens no store.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run:
        from lixcore.services.calibrating.calibration import Calibration

        chosen = run.config()
        calibration = Calibration(_policy(chosen))
        report = CalibrationReport(run.out, calibration, chosen, wanted=precision)
        rows = None if embeddings is None else _rows(embeddings)
        with reading_progress(run.out) as on_progress:
            _read(pairs, rows, report, on_progress, skip_bad=skip_bad)
        if not len(calibration):
            raise StopError(ExitCode.BAD_INPUT, f"{pairs}: there is no pair in it")
        reached = report.tell()
        if report.bad_lines or not reached:
            raise typer.Exit(ExitCode.PARTLY)


def _policy(config: CacheConfig) -> MatchPolicy:
    from lixcore.bootstrap import Opener
    from lixcore.registry import Group

    policy: MatchPolicy = Opener(config).open(Group.MATCH_POLICY, config.match_policy)
    return policy


def _rows(path: Path) -> NDArray[Any]:
    """The array of a file, which stays in the file until it is needed."""
    import numpy as np

    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise file_problem(str(path), error) from None
    except (ValueError, EOFError):  # numpy's own words advise to read it without care
        raise StopError(ExitCode.BAD_INPUT, f"{path}: is no array of numbers as numpy.save writes it") from None
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype.kind not in "iuf":  # noqa: PLR2004  # rows and columns
        shape = getattr(rows, "shape", None)
        raise StopError(ExitCode.BAD_INPUT, f"{path}: must hold numbers of shape (rows, dimension), not {shape}")
    return rows


def _read(
    name: str,
    rows: NDArray[Any] | None,
    report: CalibrationReport,
    on_progress: Callable[[LineSource], None],
    *,
    skip_bad: bool,
) -> None:
    try:
        with opened(name) as source:
            for number, line in source.lines():
                if number % _PAIRS_A_STEP == 1:
                    on_progress(source)
                try:
                    _take(source.name, number, line, rows, report)
                except InvalidLineError as error:
                    if not skip_bad:
                        raise
                    report.note_bad(error)
    except OSError as error:
        raise file_problem(name, error) from None


def _take(source: str, number: int, line: bytes | None, rows: NDArray[Any] | None, report: CalibrationReport) -> None:
    from lixcore.services.calibrating.labelled_pairs import parse_pair

    if line is None or len(line) > _LONGEST_LINE:
        raise InvalidLineError(source, number, "line", f"is longer than {_LONGEST_LINE:,} bytes")
    if line and not line.isspace():
        report.calibration.add(parse_pair(line, source=source, number=number, embeddings=rows))
