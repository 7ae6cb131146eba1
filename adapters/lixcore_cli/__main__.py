"""``python -m lixcore_cli`` is ``lix``."""

from lixcore_cli import main

main()
