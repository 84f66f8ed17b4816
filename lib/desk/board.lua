-- SPDX-License-Identifier: ISC
--
-- Notes the windows that were seen at half of their limit or above.
--
-- KEYS[1]  index: sorted set, member LIMIT:PER:SUBJECT, score used / max
-- KEYS[2+] one hash for each window: since, last (ms), used, max, refused
-- ARGV[1]  how many members the index may have; the lowest go first
-- ARGV     for each window: member, score, used, max, refused (to be added),
--          and its length in ms; it is remembered for a day longer
--
-- Answer   the members that had to go; their hashes are the caller's to delete

local time = redis.call('TIME')
local DAY = 86400000
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

for i = 2, #KEYS do
	local at = 6 * i - 10
	redis.call('ZADD', KEYS[1], ARGV[at + 1], ARGV[at])
	local last = tonumber(redis.call('HGET', KEYS[i], 'last'))
	-- quiet for a whole window: this is another flood
	if not last or now - last > tonumber(ARGV[at + 5]) then
		redis.call('HSET', KEYS[i], 'since', now, 'refused', 0)
	end
	redis.call('HSET', KEYS[i], 'last', now, 'used', ARGV[at + 2],
		'max', ARGV[at + 3])
	redis.call('HINCRBY', KEYS[i], 'refused', ARGV[at + 4])
	redis.call('PEXPIRE', KEYS[i], ARGV[at + 5] + DAY)
end
local gone = redis.call('ZRANGE', KEYS[1], 0, -1 - ARGV[1])
if #gone > 0 then
	redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[1])
end
-- as long as the entry of the longest window
redis.call('PEXPIRE', KEYS[1], 368 * DAY)
return gone
