"""What happens at once on the server when values are put, got, forgotten or counted: Lua scripts that may be sent twice.

The sorted set ``times`` has two members for each value: ``e<digits>`` by the time from when on it is not used, and ``a<digits>``
by the time when it was added, with a minus. So one key tells how many are live by any clock: those that end later than now, less
those that were added too far ahead of it. It has one more member, at 0: ``whole``, or ``scan <cursor>`` as long as it may not
name every value. That is so when the set is made, because the server may have thrown away an older one: each put then looks at a
part of the database (SCAN) for values that are not in the set.

Nothing but the server's own expiry and the capacity removes a value. A process whose clock is ahead does not see values of others
that it takes for expired; it must not take them from those others.
"""

from __future__ import annotations

from typing import Final

from lixcore_redis.scripts import script

SCANNED_AT_ONCE: Final = 500
"""About how many keys a put looks at while the set may not be whole; a millisecond for the server."""

SCAN_KEPT_MS: Final = 60_000
"""How long a set is kept at least that says how far a SCAN came, in milliseconds."""

REMOVED_AT_ONCE: Final = 10_000
"""How many values leave at most in one go for want of capacity, about 20 ms for the server: more leave with the next put."""

# Adds what one step of SCAN finds to the set, and gives whether that was the last. `root` is what keys of values begin with,
# `pattern` what SCAN finds them with. Where the user may not send SCAN, what is in the set must do.
_ADOPT: Final = f"""
local function adopt(set, root, pattern)
  local cursor, longest = '0', redis.call('PTTL', set)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', set, 0, 0)) do
    cursor = string.match(member, '^scan (%d+)$') or cursor
  end
  local step = redis.pcall('SCAN', cursor, 'MATCH', pattern, 'COUNT', {SCANNED_AT_ONCE})
  if step.err then step = {{'0', {{}}}} end
  for _, key in ipairs(step[2]) do
    local digits = string.sub(key, #root + 1)
    if #digits == 64 and not redis.call('ZSCORE', set, 'e' .. digits) and redis.call('TYPE', key).ok == 'string' then
      local head = redis.call('GETRANGE', key, 0, 23)
      if #head == 24 and string.sub(head, 1, 4) == 'lxv1' then
        local added, expires = struct.unpack('<dd', head, 9)
        redis.call('ZADD', set, string.format('%.17g', -added), 'a' .. digits, string.format('%.17g', expires), 'e' .. digits)
        longest = math.max(longest, redis.call('PTTL', key))
      end
    end
  end
  redis.call('ZREM', set, 'scan ' .. cursor)
  local last = step[1] == '0'
  if last and redis.call('EXISTS', set) == 0 then return true end
  redis.call('ZADD', set, 0, last and 'whole' or 'scan ' .. step[1])
  longest = math.max(longest, {SCAN_KEPT_MS})
  if redis.call('PTTL', set) < longest then redis.call('PEXPIRE', set, longest) end
  return last
end
"""

# Keys: set, then those of the values. Arguments: root, pattern, now, "-" and the latest time of adding that is live, for how many
# milliseconds values are kept, capacity; and for values that are not on the server yet "-" and when they were added, when they
# expire, then head and value of each. ZADD comes first then: a server that is out of memory refuses it, and nothing was done.
#
# Many values do not enter Lua. A transaction stores them and their members just before, so nobody sees them as long as they do
# not expire. If the set is not what it should be, they leave again.
PUT: Final = script(
    _ADOPT
    + f"""
local set, root, now, horizon, ttl, n = KEYS[1], ARGV[1], ARGV[3], ARGV[4], ARGV[5], #KEYS - 1
local call = redis.call
if ARGV[7] then
  local members, first_digit = {{}}, #root + 1
  for i = 1, n do
    local digits = string.sub(KEYS[i + 1], first_digit)
    local at = 4 * i
    members[at - 3], members[at - 2], members[at - 1], members[at] = ARGV[7], 'a' .. digits, ARGV[8], 'e' .. digits
  end
  call('ZADD', set, unpack(members))
  for i = 1, n do call('SET', KEYS[i + 1], ARGV[i + 8], 'PX', ttl) end
else
  for i = 1, n do call('PEXPIRE', KEYS[i + 1], ttl) end
  local kind = call('TYPE', set).ok
  if kind ~= 'zset' then
    for i = 1, n do call('DEL', KEYS[i + 1]) end
    return redis.error_reply('WRONGTYPE the set of times is of the type ' .. kind)
  end
end
if call('PTTL', set) < tonumber(ttl) then call('PEXPIRE', set, ttl) end
if not call('ZSCORE', set, 'whole') then adopt(set, root, ARGV[2]) end

local ended = redis.call('ZRANGEBYSCORE', set, '(0', now, 'LIMIT', 0, 2 * n + 16)
local gone = {{}}
for _, member in ipairs(ended) do
  local digits = string.sub(member, 2)
  if redis.call('EXISTS', root .. digits) == 0 then
    gone[#gone + 1] = member
    gone[#gone + 1] = 'a' .. digits
  end
end
if #gone > 0 then redis.call('ZREM', set, unpack(gone)) end

local ahead = redis.call('ZCOUNT', set, '-inf', '(' .. horizon)
local over = math.min(redis.call('ZCOUNT', set, '(' .. now, '+inf') - ahead - tonumber(ARGV[6]), {REMOVED_AT_ONCE})
local skip = 0
while over > 0 do
  local first = redis.call('ZRANGEBYSCORE', set, '(' .. now, '+inf', 'LIMIT', skip, math.min(over, 1000))
  if #first == 0 then break end
  local keys, leaving = {{}}, {{}}
  for _, member in ipairs(first) do
    local digits = string.sub(member, 2)
    if ahead > 0 and tonumber(redis.call('ZSCORE', set, 'a' .. digits)) < tonumber(horizon) then
      skip = skip + 1
    else
      keys[#keys + 1] = root .. digits
      leaving[#leaving + 1] = member
      leaving[#leaving + 1] = 'a' .. digits
    end
  end
  if #keys > 0 then
    redis.call('ZREM', set, unpack(leaving))
    redis.call('DEL', unpack(keys))
    over = over - #keys
  end
end
return 1
"""
)

# Keys: set, then those of the values. Arguments: root, now, the latest time of adding that is live. Gives how many were live; or,
# removing nothing, minus the number of the first that lixcore did not write.
FORGET: Final = script("""
local now, horizon, live = tonumber(ARGV[2]), tonumber(ARGV[3]), 0
for i = 2, #KEYS do
  local head = redis.call('GETRANGE', KEYS[i], 0, 23)
  if #head > 0 then
    if #head < 24 or string.sub(head, 1, 4) ~= 'lxv1' then return 1 - i end
    local added, expires = struct.unpack('<dd', head, 9)
    if added <= horizon and now < expires then live = live + 1 end
  end
end
for i = 2, #KEYS do
  local digits = string.sub(KEYS[i], #ARGV[1] + 1)
  redis.call('ZREM', KEYS[1], 'a' .. digits, 'e' .. digits)
  redis.call('DEL', KEYS[i])
end
return live
""")

# Keys: set. Arguments: root, pattern, now, "-" and the latest time of adding that is live, how many members to look at. Gives 1
# when the set names every value, or else 0; how many are live by it; how many live ones were looked at, how many of these are on
# the server, and their bytes; and the bytes of the set.
MEASURE: Final = script(
    _ADOPT
    + """
local set, root, now = KEYS[1], ARGV[1], tonumber(ARGV[3])
local whole = redis.call('ZSCORE', set, 'whole') or adopt(set, root, ARGV[2])
local live = redis.call('ZCOUNT', set, '(' .. ARGV[3], '+inf') - redis.call('ZCOUNT', set, '-inf', '(' .. ARGV[4])
local sample = redis.call('ZRANDMEMBER', set, ARGV[5], 'WITHSCORES')
local looked, there, bytes = 0, 0, 0
for i = 1, #sample, 2 do
  if string.sub(sample[i], 1, 1) == 'e' and tonumber(sample[i + 1]) > now then
    local size = redis.call('MEMORY', 'USAGE', root .. string.sub(sample[i], 2))
    looked = looked + 1
    if size then there, bytes = there + 1, bytes + size end
  end
end
return {whole and 1 or 0, live, looked, there, bytes, redis.call('MEMORY', 'USAGE', set) or 0}
"""
)

# Keys: set. Arguments: root, cursor. Removes members whose values the server threw away, a step of ZSCAN; gives the next cursor.
SWEEP: Final = script("""
local step = redis.call('ZSCAN', KEYS[1], ARGV[2], 'COUNT', 500)
for i = 1, #step[2], 2 do
  local digits = string.match(step[2][i], '^e(%x+)$')
  if digits and redis.call('EXISTS', ARGV[1] .. digits) == 0 then redis.call('ZREM', KEYS[1], 'a' .. digits, 'e' .. digits) end
end
return step[1]
""")
