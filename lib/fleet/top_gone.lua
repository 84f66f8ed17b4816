-- SPDX-License-Identifier: ISC
--
-- Counts the windows that the index of board.lua has no room for, and forgets
-- what was known of them.
--
-- KEYS[1]  more: sorted set, member LIMIT:PER:SUBJECT, score the time in ms at
--          which the window is over
-- KEYS[2+] the hash of each window
-- ARGV[1]  how many members more may have; what is over first goes first
-- ARGV     for each window: member
--
-- Answer   OK

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)

for i = 2, #KEYS do
	local ends = tonumber(redis.call('HGET', KEYS[i], 'ends'))
	if ends and ends >= now_ms then
		redis.call('ZADD', KEYS[1], string.format('%.0f', ends), ARGV[i])
	end
	redis.call('DEL', KEYS[i])
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[1])
redis.call('PEXPIRE', KEYS[1], 368 * 86400000)
return redis.status_reply('OK')
