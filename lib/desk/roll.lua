-- SPDX-License-Identifier: ISC
--
-- A milter says that it is alive.
--
-- KEYS[1]  seen: sorted set, name -> milliseconds since the epoch
-- KEYS[2]  info: hash, name -> JSON
-- ARGV     name, JSON; an empty JSON: it has stopped
--
-- Answer   nothing of use. Who was not seen for a day is taken off.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 86400000)
if #old > 0 then
	redis.call('ZREM', KEYS[1], unpack(old, 1, math.min(#old, 1000)))
	redis.call('HDEL', KEYS[2], unpack(old, 1, math.min(#old, 1000)))
end
if ARGV[2] == '' then
	redis.call('ZREM', KEYS[1], ARGV[1])
	redis.call('HDEL', KEYS[2], ARGV[1])
else
	redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
	redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
	redis.call('PEXPIRE', KEYS[1], 172800000)
	redis.call('PEXPIRE', KEYS[2], 172800000)
end
return 1
