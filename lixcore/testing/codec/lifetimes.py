"""What every codec does over time: other objects, threads and processes read what one has written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lixcore.ports.codec import Codec
from lixcore.testing.codec.codecs import CodecGround, OpenCodec
from lixcore.testing.ground.children import begin, child, task_for
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once

TEXT = "Any process reads it. Любой. 任何.".encode() * 40
CHILD = "lixcore.testing.codec.decoding_child"


class CodecLifetimes(CodecGround):
    """Names, objects, threads, processes."""

    @rule(
        "The name stands in every frame and finds the codec again: one that changes or cannot be written there orphans the data."
    )
    def test_its_name_can_stand_in_every_frame(self, open_codec: OpenCodec) -> None:
        name = open_codec().name
        assert re.fullmatch(r"[A-Za-z0-9-]{1,32}", name), "a name is 1 to 32 ASCII letters, digits or hyphens"
        assert open_codec().name == name

    @rule("Archives outlive the object that wrote them: a codec that keeps something between blocks reads only its own.")
    def test_another_object_reads_what_one_wrote(self, open_codec: OpenCodec) -> None:
        one, other = open_codec(), open_codec()
        encoded = [one.encode(TEXT) for _ in range(3)]
        assert other.decode(encoded[-1], size=len(TEXT)) == TEXT

    @rule("The process that reads an archive is never the one that wrote it: what differs between them must not be in a block.")
    def test_another_process_reads_what_one_wrote(self, codec: Codec, options: Any, archive_dir: Path) -> None:
        task = task_for(self.adapter, options, archive_dir, block=codec.encode(TEXT).hex(), size=len(TEXT))
        with child(CHILD, task) as process:
            begin(process)
            told, _ = process.communicate()
        assert told.strip() == TEXT.hex()

    @rule("One codec serves all threads: a buffer that they share mixes the messages of one user into those of another.")
    def test_threads_do_not_disturb_one_another(self, codec: Codec) -> None:
        def work(number: int) -> Callable[[], None]:
            block = bytes([65 + number]) * (3000 + number) + TEXT

            def run() -> None:
                for _ in range(30):
                    assert codec.decode(codec.encode(block), size=len(block)) == block, "a thread got what it had not given"

            return run

        at_once(*(work(number) for number in range(6)))
