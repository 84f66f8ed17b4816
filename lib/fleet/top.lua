-- SPDX-License-Identifier: ISC
--
-- Notes the windows that were seen at half of their limit or above.
--
-- KEYS[1]  index: sorted set, member LIMIT:PER:SUBJECT, score its rank
-- KEYS[2]  ends: sorted set of the same members, score the time in ms at which
--          the window is over unless it is noted again
-- KEYS[3]  more: the windows that the index had no room for, as board_gone.lua
--          left them
-- KEYS[4+] one hash for each window: since, last, ends (ms), used, max,
--          refused, rank
-- ARGV[1]  how many members the index may have
-- ARGV     for each window: member, used, max, refused (to be added), its
--          length in ms (it is remembered for a day longer), the width of its
--          buckets in ms
--
-- What is over goes first, then the lowest rank. The rank is a logarithm to the
-- base of 2: what the window refused in its worst round and the share of its
-- limit that it uses, halved for each minute since then. So windows that are
-- merely full cannot push out a flood, nor those of an hour ago one of now.
--
-- Answer   the members that had to go, no more than came; their hashes are for
--          board_gone.lua

local time = redis.call('TIME')
local DAY, HALF = 86400000, 60000
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%.0f', now_ms)

local function rank_of(old, used, max, refused)
	local age = now_ms / HALF
	local share = max > 0 and used / max or 0
	local rank = age + math.log(refused + share + 0.001) / math.log(2)

	-- no round has 2^60 refusals: that is of a clock that was set back
	if old and old > rank and old < age + 60 then
		rank = old
	end
	return string.format('%.6f', rank)
end

local function note(key, member, used, max, refused, per, width)
	local last = tonumber(redis.call('HGET', key, 'last'))
	local old = tonumber(redis.call('HGET', key, 'rank'))
	local rank = rank_of(old, used, max, refused)
	local ends = string.format('%.0f', now_ms + per + width)

	-- quiet for a whole window: this is another flood
	if not last or now_ms - last > per then
		redis.call('HSET', key, 'since', now, 'refused', 0)
	end
	redis.call('HSET', key, 'last', now, 'ends', ends, 'used', used,
		'max', max, 'rank', rank)
	redis.call('HINCRBY', key, 'refused', refused)
	redis.call('PEXPIRE', key, per + DAY)
	redis.call('ZADD', KEYS[1], rank, member)
	redis.call('ZADD', KEYS[2], ends, member)
	redis.call('ZREM', KEYS[3], member)
end

for i = 4, #KEYS do
	local at = 6 * i - 22
	note(KEYS[i], ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]),
		tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]),
		tonumber(ARGV[at + 5]))
end

local excess = redis.call('ZRANGE', KEYS[1], 0, -1 - ARGV[1])
local over = {}
if #excess > 0 then
	over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. now,
		'LIMIT', 0, #excess)
	if #over > 0 then
		redis.call('ZREM', KEYS[1], unpack(over))
	end
	for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1 - ARGV[1])) do
		redis.call('ZREM', KEYS[1], member)
		over[#over + 1] = member
	end
	redis.call('ZREM', KEYS[2], unpack(over))
end
-- as long as the entry of the longest window
redis.call('PEXPIRE', KEYS[1], 368 * DAY)
redis.call('PEXPIRE', KEYS[2], 368 * DAY)
return over
