"""What programs log in with: keys of services, tokens, private keys."""

from __future__ import annotations

import re
from typing import Final

from lixcore_policies.personal.kinds import Kind

_SIGNS: Final = (
    *("AKIA", "ASIA", "AIza", "sk-", "sk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox"),
    *("hf_", "npm_", "pypi-", "eyJ"),
)

# Where a shape has no fixed length, it begins where a word begins, so that no character is looked at for several of them.
_KEY: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])|AIza[\w-]{35}(?![\w-]))"
    r"|(?<![\w-])(?:"
    r"sk-[\w-]{20,}+"
    r"|[sr]k_(?:live|test)_\w{16,}+"
    r"|gh[oprsu]_\w{36,}+"
    r"|github_pat_\w{22,}+"
    r"|glpat-[\w-]{20,}+"
    r"|xox[abeoprs]-[\w-]{10,}+"
    r"|hf_\w{30,}+"
    r"|npm_\w{36,}+"
    r"|pypi-[\w-]{50,}+"
    r"|eyJ[\w-]{8,}+\.eyJ[\w-]{8,}+\.[\w-]{8,}+"
    r")",
    re.ASCII,
)
# The end may be missing where a text was cut; then as much is taken as may still be of the key.
_PRIVATE: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----[\w+/=\s\\:,.()]*+(?:-[\w+/=\s\\:,.()]++)*+"
    r"(?:-----END [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----)?",
    re.ASCII,
)


def _has_a_sign(text: str) -> bool:
    for sign in _SIGNS:  # noqa: SIM110  # it is asked of every text, and `any` takes longer
        if sign in text:
            return True
    return False


KEY: Final = Kind("key", _KEY, may_be_in=_has_a_sign)
"""Keys whose shape tells what they are: of large clouds, of hosts of code, packages and models, and signed tokens."""

PRIVATE_KEY: Final = Kind("key", _PRIVATE, may_be_in=lambda text: "-----BEGIN " in text)
"""Private keys in their usual armour."""
