-- SPDX-License-Identifier: ISC
--
-- A milter says that it is alive.
--
-- KEYS[1]  seen: sorted set, name -> milliseconds since the epoch
-- KEYS[2]  info: hash, name -> JSON
-- ARGV     name, JSON (an empty one: it has stopped), after how many ms a
--          milter is silent, after how many it leaves
--
-- Answer   nothing of use. A silent milter leaves after that time, or when one
--          starts on its host at the place where it has listened.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function leave(name)
	redis.call('ZREM', KEYS[1], name)
	redis.call('HDEL', KEYS[2], name)
end

-- "host listen"; nil where that is not known
local function place(json)
	local is_good, info = pcall(cjson.decode, json or '')
	if is_good and type(info) == 'table' and
		type(info.host) == 'string' and type(info.listen) == 'string' then
		return info.host .. ' ' .. info.listen
	end
end

local here = place(ARGV[2])
local silent = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[4])
for i = 1, math.min(#silent, 1000) do
	if i <= #old or (here and silent[i] ~= ARGV[1] and
		place(redis.call('HGET', KEYS[2], silent[i]) or '') == here) then
		leave(silent[i])
	end
end
if ARGV[2] == '' then
	leave(ARGV[1])
else
	redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
	redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
	redis.call('PEXPIRE', KEYS[1], 172800000)
	redis.call('PEXPIRE', KEYS[2], 172800000)
end
return 1
