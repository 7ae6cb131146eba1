"""``lix train-dictionary``: a dictionary that makes a codec's blocks of conversations smaller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import Invocation, StopError, file_problem, invoked
from lixcore_cli.line_sink import appearing
from lixcore_cli.line_source import opened
from lixcore_cli.quantities import size

if TYPE_CHECKING:
    from lixcore.ports.codec import TrainsDictionaries

SAMPLE_BYTES: Final = 4096
"""Records are gathered to samples of about this size, because an archive compresses blocks of them."""


def train_dictionary(
    output: Annotated[Path, typer.Argument(metavar="OUT.zdict", help="Where to; an existing file is not replaced.")],
    *,
    source: Annotated[
        str | None, typer.Option("--from", metavar="FILE", help="Train on this file of conversations instead of the archive.")
    ] = None,
    codec: Annotated[str, typer.Option(help="The codec that will use it.")] = "zstd",
    dictionary_size: Annotated[
        int, typer.Option("--size", metavar="BYTES", min=256, max=16 * 1024 * 1024, help="How large it may be.")
    ] = 112 * 1024,
    sample_limit: Annotated[
        int, typer.Option("--sample-mib", metavar="MIB", min=1, max=1024, help="Look at no more than so much.")
    ] = 64,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a dictionary on what was said, and say which setting uses it.

    Keep the file as long as the archive: what was written with it cannot be read without it.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run:
        trains = _trainer(codec)
        if output.exists():
            raise StopError(ExitCode.USAGE, f"{output} exists, and archives may need it; choose another name")
        records = _of_archive(run, tenant) if source is None else _of_file(source, tenant or "default")
        samples = _limited(_gathered(records), sample_limit * 1024 * 1024)
        dictionary = trains.train_dictionary(samples, dictionary_size)
        try:
            with appearing(output) as file:
                file.write(dictionary)
        except OSError as error:
            raise file_problem(str(output), error) from None
        setting = f"{codec}_dictionary"
        if as_json:
            run.out.document({"dictionary": str(output), "bytes": len(dictionary), "samples": len(samples), "setting": setting})
            return
        sampled = size(sum(map(len, samples)))
        run.out.show(f"{output}: {size(len(dictionary))}, trained on {len(samples):,} samples, {sampled} in all.")
        run.out.show(f'Use it in lixcore.toml:\n\n  codec = "{codec}"\n\n  [{codec}]\n  dictionary = "{output}"')


def _trainer(codec: str) -> TrainsDictionaries:
    from lixcore.ports.codec import TrainsDictionaries
    from lixcore.registry import Group, Registry

    adapter: object = Registry.scan().load(Group.CODEC, codec, origin="--codec")
    if not isinstance(adapter, TrainsDictionaries):
        raise StopError(ExitCode.USAGE, f"the codec {codec!r} knows no dictionaries")
    return adapter


def _of_archive(run: Invocation, tenant: str | None) -> Iterator[bytes]:
    with run.stack() as stack:
        for key in stack.session_keys(tenant=tenant):
            yield from (entry.payload for entry in stack.wiring.window.history(key))


def _of_file(name: str, tenant: str) -> Iterator[bytes]:
    from lixcore.domain.record import encode_message
    from lixcore.errors import InvalidLineError
    from lixcore.services.histories.conversation_lines import parse_line

    try:
        with opened(name) as lines:
            for number, line in lines.lines():
                if line is None:
                    raise InvalidLineError(lines.name, number, "line", "is too long")
                if line.strip():
                    conversation = parse_line(line, source=lines.name, number=number, tenant=tenant, now=0.0)
                    yield from map(encode_message, conversation.messages)
    except OSError as error:
        raise file_problem(name, error) from None


def _gathered(records: Iterable[bytes]) -> Iterator[bytes]:
    gathered, held = [], 0
    for record in records:
        gathered.append(record)
        held += len(record)
        if held >= SAMPLE_BYTES:
            yield b"".join(gathered)
            gathered, held = [], 0
    if gathered:
        yield b"".join(gathered)


def _limited(samples: Iterable[bytes], most: int) -> list[bytes]:
    """The first samples, up to ``most`` bytes of them in all."""
    kept, held = [], 0
    for sample in samples:
        kept.append(sample)
        held += len(sample)
        if held >= most:
            break
    return kept
