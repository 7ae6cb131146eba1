"""Policies that ship with lixcore, registered as anyone's are."""

from lixcore_policies.least_recently_used import LeastRecentlyUsed

__all__ = ["LeastRecentlyUsed"]
