"""Where Zstandard comes from: the standard library from Python 3.14 on, the package that brings the same module before."""

from __future__ import annotations

import sys
from types import ModuleType

from lixcore.errors import MissingExtraError


def zstd_module() -> ModuleType:
    """Return the module ``compression.zstd`` or ``backports.zstd``.

    Raises:
        MissingExtraError: It is not installed.
    """
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise MissingExtraError("the codec 'zstd'", module=name, extra="zstd") from error
    return zstd
