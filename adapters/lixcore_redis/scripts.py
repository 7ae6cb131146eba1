"""What must happen at once on the server: Lua scripts, each on the keys of one session.

All of them may be sent twice. Writes that free memory come first: a server that is out of memory refuses a script's first write
if it could need more, but never a later one.
"""

from __future__ import annotations

import hashlib
from typing import Final

import attrs

from lixcore_redis.transport.wire import command


@attrs.frozen
class Script:
    """A Lua script.

    Attributes:
        source: Its text.
        digest: What the server knows it by, once it has run it.
    """

    source: bytes
    digest: bytes

    def call(self, keys: tuple[bytes, ...], *arguments: bytes) -> bytes:
        """The command that runs it by its digest."""
        return command(b"EVALSHA", self.digest, b"%d" % len(keys), *keys, *arguments)

    def full_call(self, keys: tuple[bytes, ...], *arguments: bytes) -> bytes:
        """The command that sends its text along, for a server that does not know the digest."""
        return command(b"EVAL", self.source, b"%d" % len(keys), *keys, *arguments)


def script(source: str) -> Script:
    """A script of this text, which is ASCII."""
    text = source.strip().encode("ascii")
    return Script(text, hashlib.sha1(text, usedforsecurity=False).hexdigest().encode("ascii"))


REPEAT_DEPTH: Final = 1024
"""How far from the newest entry a repeated add looks for itself: what others may have added in the meantime."""

# Keys: log, epoch. Arguments: nonce, value, depth, since, deadline (eight bytes). Gives the entry's id; nil when the session is
# absent; 0 when nobody can know whether it was added before: entries left the stream that may have come after "since", the
# milliseconds of the first try. They leave in order, so none has while an entry is there that is older than that. What came after
# its own deadline is no entry.
REPEAT_ADD: Final = script("""
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[3])
for _, entry in ipairs(newest) do
  local field = entry[2][1]
  if string.sub(field, 1, 8) == ARGV[1] and entry[2][2] == ARGV[2] then
    if tonumber(string.match(entry[1], '^%d+')) <= struct.unpack('<I8', field, 9) then return entry[1] end
  end
end
local since = tonumber(ARGV[4])
local left = string.match(redis.call('GET', KEYS[2]) or '', '@(%d+)$')
if left and tonumber(left) >= since then return 0 end
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if oldest == nil or tonumber(string.match(oldest[1], '^%d+')) >= since then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' and tonumber(string.match(info[i + 1], '^%d+')) >= since then return 0 end
  end
end
return redis.call('XADD', KEYS[1], 'NOMKSTREAM', '*', ARGV[1] .. ARGV[5], ARGV[2])
""")

# Keys: log, activity, epoch. Arguments: ticket, member, time, last id, then id, nonce and value of each entry. The activity comes
# first: should it be refused, nothing was done; a stream without its activity would never be listed, and so never be evicted.
RESTORE: Final = script("""
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
if #ARGV > 4 then
  for i = 5, #ARGV, 3 do redis.call('XADD', KEYS[1], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
else
  redis.call('XGROUP', 'CREATE', KEYS[1], 'empty', '$', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', KEYS[1], 'empty')
end
redis.call('XSETID', KEYS[1], ARGV[4])
return 1
""")

# Keys: log, activity, epoch. Arguments: lowest id to keep, member, new epoch. Gives 1 when the session is absent now. The epoch
# becomes "token@milliseconds" of the newest id that ever left the bucket by this, which is what REPEAT_ADD looks for. ZREM is the
# last command that can be refused, and frees the way for SET on a server that is out of memory.
EVICT: Final = script("""
local left = string.match(redis.call('GET', KEYS[3]) or '', '@(%d+)$') or '0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      local newest = string.match(info[i + 1], '^%d+')
      if tonumber(newest) > tonumber(left) then left = newest end
    end
  end
  redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
  if redis.call('XLEN', KEYS[1]) > 0 then return 0 end
end
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[3], ARGV[3] .. '@' .. left)
return 1
""")

# Keys: log, epoch. Arguments: new epoch. Gives the highest id that the session gave out, "0-0" when it is absent; no restore that
# began before may succeed after this. DEL frees the way for SET on a server that is out of memory.
BEGIN_FORGET: Final = script("""
local last, left = '0-0', string.match(redis.call('GET', KEYS[2]) or '', '@%d+$') or ''
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[2], ARGV[1] .. left)
return last
""")

# Keys: log, activity, epoch. Arguments: member, token, BEGIN_FORGET's answer. Gives the new epoch, "token:entries:last id", with
# EVICT's "@milliseconds" behind it if there were any. The epoch remembers what was removed, so that the answer is right as well
# when it is given to a command that was sent a second time. What has a higher id was added since: it stays, however late this
# comes, and keeps the session hot.
FORGET: Final = script("""
local epoch = redis.call('GET', KEYS[3]) or ''
if string.sub(epoch, 1, #ARGV[2]) == ARGV[2] then return epoch end
local count, last, newer = 0, '', nil
if redis.call('EXISTS', KEYS[1]) == 1 then
  count = redis.call('XLEN', KEYS[1])
  local newest = redis.call('XREVRANGE', KEYS[1], ARGV[3], '-', 'COUNT', 1)[1]
  if newest then last = newest[1] end
  newer = redis.call('XRANGE', KEYS[1], '(' .. ARGV[3], '+', 'COUNT', 1)[1]
end
if newer then
  count = redis.call('XTRIM', KEYS[1], 'MINID', newer[1])
  redis.call('DEL', KEYS[3])
else
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('DEL', KEYS[1])
end
epoch = ARGV[2] .. ':' .. count .. ':' .. last .. (string.match(epoch, '@%d+$') or '')
redis.call('SET', KEYS[3], epoch)
return epoch
""")

# Keys: log, activity. Arguments: member. Gives length, first id, last id, last activity; nil when the session is absent.
DESCRIBE: Final = script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local count, first, last = redis.call('XLEN', KEYS[1]), '', ''
if count > 0 then
  first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][1]
  last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1]
end
return {count, first, last, redis.call('ZSCORE', KEYS[2], ARGV[1])}
""")

# Keys: log. Arguments: milliseconds. Raises the stream's last id to the next millisecond unless it is there already.
NEXT_MILLISECOND: Final = script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' and tonumber(string.match(info[i + 1], '^%d+')) <= tonumber(ARGV[1]) then
    redis.call('XSETID', KEYS[1], string.format('%.0f-0', tonumber(ARGV[1]) + 1))
    return 1
  end
end
return 0
""")

# Keys: log, activity. Arguments: member, "1" to remove it. Gives 1 when the activity is that of an absent session.
STRAY: Final = script("""
if redis.call('EXISTS', KEYS[1]) == 1 or not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
if ARGV[2] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
""")

# Keys: log, activity. Arguments: member, time, or '' to look only. Gives 1 when the session is hot and nobody would know.
UNLISTED: Final = script("""
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
if ARGV[2] ~= '' then redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1]) end
return 1
""")

# Keys: lease. Arguments: holder, milliseconds. Gives 1 when the holder has it. DEL lets SET pass on a server out of memory:
# who would free some needs the lease for it.
LEASE: Final = script("""
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

# Keys: lease. Arguments: holder.
END_LEASE: Final = script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")

# Keys: run. Arguments: the incarnation that was settled. Gives the server's incarnation (see
# `lixcore_redis.transport.incarnation`) and the settled one; notes nothing when they differ.
SETTLE: Final = script("""
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
local now = run .. '.' .. history
if now == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[1], now)
end
return {now, redis.call('GET', KEYS[1])}
""")
