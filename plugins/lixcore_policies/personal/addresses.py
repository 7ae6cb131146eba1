"""Addresses: of people's mail, and of their machines."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from lixcore_policies.personal.kinds import Kind

_DOTS, _COLONS = 3, 2

# What a quantifier took, it keeps (`++`): so a long run that is no address is looked at once.
_EMAIL: Final = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]{1,63}+(?:\.[\w-]{1,63}+)++")

# Where a pattern begins with a set of characters, re passes over all others quickly: what must not be before it comes after it.
_IPV4: Final = re.compile(r"[0-9](?<![\w.][0-9])[0-9]{0,2}+(?:\.[0-9]{1,3}+){3}+(?!\w|\.[0-9])")
_IPV6: Final = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}+:){2,7}+(?:[0-9]{1,3}+(?:\.[0-9]{1,3}+){3}+|[0-9A-Fa-f]{0,4}+)(?![\w:])"
)


def _end_of_ipv4(match: re.Match[str]) -> int:
    try:
        address = IPv4Address(match[0])
    except AddressValueError:
        return match.start()
    return match.start() if address.is_loopback or address.is_unspecified else match.end()


def _end_of_ipv6(match: re.Match[str]) -> int:
    # Without a digit it is rather two names with colons between them, as some languages write.
    if not any("0" <= character <= "9" for character in match[0]):
        return match.start()
    try:
        address = IPv6Address(match[0])
    except AddressValueError:
        return match.start()
    return match.start() if address.is_loopback or address.is_unspecified else match.end()


EMAIL: Final = Kind("email", _EMAIL, may_be_in=lambda text: "@" in text)
"""Addresses of mail whose domain has a dot."""

IPV6: Final = Kind("ip", _IPV6, _end_of_ipv6, lambda text: text.count(":") >= _COLONS, has_digits=True)
"""Addresses of machines; but not a machine's own, ``::1``, and none, ``::``."""

IPV4: Final = Kind("ip", _IPV4, _end_of_ipv4, lambda text: text.count(".") >= _DOTS, has_digits=True)
"""Addresses of machines; but not a machine's own, such as ``127.0.0.1``, and none, ``0.0.0.0``."""
