"""What befalls Redis in (g): each fault is a function that brings it about and ends it, while workers go on.

A fault that takes data calls ``gone`` in the moment when the server can acknowledge nothing any more, and has not begun again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import redis

from fault_ground import Site
from redis_process import free_port
from worker_record import ACKNOWLEDGED, RAISED, REFUSED, STORED, UNKNOWN

Gone = Callable[[], None]
PERSISTENT = ("--appendonly", "yes", "--appendfsync", "always")
EVERY_SECOND = ("--appendonly", "yes", "--appendfsync", "everysec")


def client(site: Site) -> Any:
    """A connection of our own."""
    return redis.Redis(host=site.redis.host, port=site.redis.port)


def a_while(site: Site, most: int = 80) -> None:
    """Let the workers write down a random number of lines."""
    site.crew.wait_for_lines(site.chance.randrange(1, most))


def until_met(site: Site) -> None:
    """Let the workers meet the fault: as many calls raise as there are workers, or are served by the archive instead."""
    others = (ACKNOWLEDGED, STORED) if site.settings["on_hot_store_failure"] == "archive" else ()
    site.crew.wait_for_lines(len(site.crew.alive) * (4 if others else 1), REFUSED, UNKNOWN, RAISED, *others)


def killed_and_started(site: Site, gone: Gone) -> None:
    """The server crashes, and is started again at once."""
    site.redis.kill()
    gone()
    site.redis.start()


def away(site: Site, gone: Gone) -> None:
    """The server is stopped in good order; workers meet its absence; it comes back."""
    site.redis.terminate()
    gone()
    until_met(site)
    site.redis.start()


def older_snapshot(site: Site, gone: Gone) -> None:
    """The server comes back with the data of a while ago."""
    with client(site) as connection:
        connection.save()
    dump = site.redis.directory / "dump.rdb"
    kept = site.directory / "dump.rdb"
    shutil.copyfile(dump, kept)
    a_while(site, 200)
    site.redis.kill()
    gone()
    shutil.copyfile(kept, dump)
    site.redis.start()


def wiped(site: Site, gone: Gone) -> None:
    """Somebody empties it while it runs. What is sent right after that counts as at risk too."""
    with client(site) as connection:
        connection.flushall()
    gone()


def out_of_memory(site: Site, _: Gone) -> None:
    """It takes no more data, as ``noeviction`` says, until its limit is raised."""
    with client(site) as connection:
        connection.config_set("maxmemory", 1)
        until_met(site)
        connection.config_set("maxmemory", 0)


def replica(site: Site, _: Gone) -> None:
    """It becomes a replica of an address where nothing listens, and a primary again."""
    with client(site) as connection:
        connection.replicaof("127.0.0.1", free_port())
        until_met(site)
        connection.replicaof("NO", "ONE")


def scripts_flushed(site: Site, _: Gone) -> None:
    """It forgets all scripts."""
    with client(site) as connection:
        connection.script_flush()


def paused(site: Site, _: Gone) -> None:
    """It stops in the middle of what it does, for longer than anybody waits."""
    site.redis.pause()
    until_met(site)
    site.redis.resume()


def password_set(site: Site, _: Gone) -> None:
    """It wants a password that nobody has, and all connections are ended; then it wants none."""
    with client(site) as connection:
        connection.config_set("requirepass", "secret")
        connection.execute_command("AUTH", "secret")
        connection.client_kill_filter(_type="normal", skipme=True)
        until_met(site)
        connection.config_set("requirepass", "")


def clients_killed(site: Site, _: Gone) -> None:
    """All connections are ended."""
    with client(site) as connection:
        connection.client_kill_filter(_type="normal", skipme=True)
