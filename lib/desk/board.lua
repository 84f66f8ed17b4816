-- SPDX-License-Identifier: ISC
--
-- Notes the windows that were seen at half of their limit or above.
--
-- KEYS[1]  index: sorted set, member LIMIT:PER:SUBJECT, score used / max
-- KEYS[2+] one hash for each window: since, last (ms), used, max, refused
-- ARGV[1]  how many members the index may have; the lowest go first
-- ARGV     for each window: member, score, used, max, refused (to be added),
--          and for how many ms to remember it
--
-- Answer   how many members the index has

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

for i = 2, #KEYS do
	local at = 6 * i - 10
	redis.call('ZADD', KEYS[1], ARGV[at + 1], ARGV[at])
	redis.call('HSETNX', KEYS[i], 'since', now)
	redis.call('HSET', KEYS[i], 'last', now, 'used', ARGV[at + 2],
		'max', ARGV[at + 3])
	redis.call('HINCRBY', KEYS[i], 'refused', ARGV[at + 4])
	redis.call('PEXPIRE', KEYS[i], ARGV[at + 5])
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[1])
redis.call('PEXPIRE', KEYS[1], 32 * 86400000)
return redis.call('ZCARD', KEYS[1])
