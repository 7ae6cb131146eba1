"""What must happen at once on the server to cached answers: Lua scripts, each on the scopes of one owner.

Both read before they write, so that a key of another program stops them while nothing is done yet. An index that lixcore cannot
have written is left alone by an add. A scope that lacks one of its three strings, because the server threw it away to make room,
has no entries any more.
"""

from __future__ import annotations

from typing import Final

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore_redis.scripts import script

MOST_BYTES: Final = 192 * 1024 * 1024
"""How many bytes of payloads, and of vectors, a scope holds at most; older entries leave. A string ends at 512 MiB."""

# See `lixcore_redis.answers.similarity_records` for the bytes; Lua counts them from 1. "opened" gives a table, nil when there is
# no entry, or a text that says what is wrong. "rewritten" stores the entries that are kept and what is added, no byte of others.
_COMMON: Final = """
local HEAD, RECORD, SKEW = 40, 136, %SKEW%
local function opened(keys)
  local index = redis.call('GET', keys[1])
  local rows, texts = redis.call('STRLEN', keys[2]), redis.call('STRLEN', keys[3])
  if not index then return nil end
  if #index < HEAD or string.sub(index, 1, 4) ~= 'LXS1' then return 'does not begin as indexes of lixcore do' end
  local dimension, _, count, slots, length = struct.unpack('<I4c16I4I4I8', index, 5)
  if #index ~= HEAD + RECORD * count then return 'is ' .. #index .. ' bytes long' end
  if count == 0 or dimension == 0 or slots < count or dimension ~= struct.unpack('<I4', index, HEAD + 109) then
    return 'has a head that is damaged'
  end
  if rows == 0 or (texts == 0 and length > 0) then return nil end
  if rows ~= 4 * dimension * slots then return 'has vectors of ' .. rows .. ' bytes' end
  if texts ~= length then return 'has payloads of ' .. texts .. ' bytes' end
  return {index = index, dimension = dimension, slots = slots, length = length}
end
local function hexed(character) return string.format('%02x', string.byte(character)) end
local function is_live(index, at, now)
  local added, expires = struct.unpack('<dd', index, at + 16)
  return added <= now + SKEW and now < expires
end
local function head(dimension, token, count, slots, length)
  return struct.pack('<c4I4c16I4I4I8', 'LXS1', dimension, token, count, slots, length)
end
local function rewritten(keys, scope, kept, token, lasts, fields, row, text)
  local records, rows, texts, length, width = {''}, {}, {}, 0, 0
  for i, at in ipairs(kept) do
    width = 4 * scope.dimension
    local size = struct.unpack('<I4', scope.index, at + 100)
    local slot, begin = struct.unpack('<I8I8', scope.index, at + 120)
    rows[i] = string.sub(scope.rows, slot * width + 1, slot * width + width)
    texts[i] = string.sub(scope.texts, begin + 1, begin + size)
    records[i + 1] = string.sub(scope.index, at, at + 119) .. struct.pack('<I8I8', i - 1, length)
    length = length + size
  end
  if row then
    width = #row
    records[#records + 1] = fields .. struct.pack('<I8I8', #rows, length)
    rows[#rows + 1] = row
    texts[#texts + 1] = text
    length = length + #text
  end
  records[1] = head(width / 4, token, #rows, #rows, length)
  redis.call('SET', keys[1], table.concat(records), 'PX', lasts)
  redis.call('SET', keys[2], table.concat(rows), 'PX', lasts)
  redis.call('SET', keys[3], table.concat(texts), 'PX', lasts)
end
""".replace("%SKEW%", f"{CLOCK_SKEW_SECONDS:g}")

# Keys: idx, vec, txt, registry. Arguments: record without its last 16 bytes, vector, payload, capacity, milliseconds, most bytes.
# Gives 0; the dimension of the live entries where that is another one; or a text that says what is wrong. An entry that is there
# already was added by the same request before. SADD is the first write: a server that is out of memory refuses it.
#
# Who forgets finds a scope by the registry, so that must last while the scope may hold a byte of the session's. What leaves is
# overwritten, but what is over stays until the next add. So a shared scope may hold it for as long again as it lives, and for a
# minute more by each of two clocks. Where others' entries live longer, their adds prolong the registries of those whose entries
# do not.
ADD: Final = script(
    _COMMON
    + """
local fields, row, text, capacity, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[6])
local token, now = string.sub(fields, 1, 16), struct.unpack('<d', fields, 17)
local scope, live = opened(KEYS), {}
if type(scope) == 'string' then return scope end
if scope then
  if string.find(scope.index, token, HEAD + 1, true) then return 0 end
  for at = HEAD + 1, #scope.index, RECORD do
    if is_live(scope.index, at, now) then live[#live + 1] = at end
  end
  if #live > 0 and 4 * scope.dimension ~= #row then return scope.dimension end
end
local first, size = #live + 1, #text
while first > 1 and #live - first + 2 < capacity and (#live - first + 3) * #row <= most do
  local length = struct.unpack('<I4', scope.index, live[first - 1] + 100)
  if size + length > most then break end
  first, size = first - 1, size + length
end
local kept, used = {}, {}
for i = first, #live do
  kept[#kept + 1] = live[i]
  used[struct.unpack('<I8', scope.index, live[i] + 120)] = true
end
local lasts = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[5]))
local base, name = string.sub(KEYS[1], 1, -69), string.sub(KEYS[1], -68, -5)
local function named(registry, long)
  redis.call('SADD', registry, name)
  if redis.call('PTTL', registry) < long then redis.call('PEXPIRE', registry, long) end
end
if redis.call('SADD', KEYS[4], name) == 1 then
  for _, other in ipairs(redis.call('SRANDMEMBER', KEYS[4], 2)) do
    if other ~= name and redis.call('EXISTS', base .. other .. ':idx') == 0 then redis.call('SREM', KEYS[4], other) end
  end
end
if string.sub(KEYS[4], -7) == ':shared' then
  named(KEYS[4], 2 * lasts + 120000)
  local seen = {[string.sub(fields, 65, 96)] = true}
  for _, at in ipairs(kept) do
    local added, expires, source = struct.unpack('<ddxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxc32', scope.index, at + 16)
    if 1000 * (expires - added) + 1000 < lasts and not seen[source] then
      seen[source] = true
      named(base .. string.gsub(source, '.', hexed) .. ':shared', 2 * lasts + 120000)
    end
  end
else
  named(KEYS[4], lasts)
end
if #kept == 0 then
  rewritten(KEYS, nil, kept, token, lasts, fields, row, text)
elseif scope.length + #text > 2 * size + 4096 or scope.slots > 2 * #kept + 8 then
  scope.rows, scope.texts = redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3]) or ''
  rewritten(KEYS, scope, kept, token, lasts, fields, row, text)
else
  for at = HEAD + 1, #scope.index, RECORD do
    local slot, begin = struct.unpack('<I8I8', scope.index, at + 120)
    local left = struct.unpack('<I4', scope.index, at + 100)
    if not used[slot] and slot < scope.slots and begin + left <= scope.length then
      redis.call('SETRANGE', KEYS[2], slot * #row, string.rep('\\0', #row))
      redis.call('SETRANGE', KEYS[3], begin, string.rep('\\0', left))
    end
  end
  local slot = 0
  while used[slot] do slot = slot + 1 end
  local records = {head(scope.dimension, token, #kept + 1, math.max(scope.slots, slot + 1), scope.length + #text)}
  if #kept * RECORD == #scope.index + 1 - kept[1] then
    records[2] = string.sub(scope.index, kept[1])
  else
    for i, at in ipairs(kept) do records[i + 1] = string.sub(scope.index, at, at + RECORD - 1) end
  end
  records[#records + 1] = fields .. struct.pack('<I8I8', slot, scope.length)
  redis.call('SET', KEYS[1], table.concat(records), 'PX', lasts)
  redis.call('SETRANGE', KEYS[2], slot * #row, row)
  redis.call('APPEND', KEYS[3], text)
  redis.call('PEXPIRE', KEYS[2], lasts)
  redis.call('PEXPIRE', KEYS[3], lasts)
end
return 0
"""
)

# Keys: registry, then idx, vec and txt of each scope. Arguments: source, now, token. Gives how many live entries of the source
# there were; those of a session's own scopes are all its. What cannot be read is removed as well: nobody can say that it is not
# the source's. DEL frees memory, so that a server that is out of it takes what is written behind it.
FORGET: Final = script(
    _COMMON
    + """
local now, own, removed = struct.unpack('<d', ARGV[2]), string.sub(KEYS[1], -7) == ':scopes', 0
for i = 2, #KEYS, 3 do
  local keys, kept = {KEYS[i], KEYS[i + 1], KEYS[i + 2]}, {}
  local scope = opened(keys)
  if type(scope) == 'table' then
    for at = HEAD + 1, #scope.index, RECORD do
      if is_live(scope.index, at, now) then
        if own or string.sub(scope.index, at + 64, at + 95) == ARGV[1] then
          removed = removed + 1
        else
          kept[#kept + 1] = at
        end
      end
    end
  end
  local lasts = redis.call('PTTL', keys[1])
  if #kept > 0 then scope.rows, scope.texts = redis.call('GET', keys[2]), redis.call('GET', keys[3]) or '' end
  redis.call('DEL', keys[1], keys[2], keys[3])
  if #kept > 0 and lasts > 0 then rewritten(keys, scope, kept, ARGV[3], lasts) end
  redis.call('SREM', KEYS[1], string.sub(keys[1], -68, -5))
end
return removed
"""
)
