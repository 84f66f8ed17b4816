-- SPDX-License-Identifier: ISC
--
-- Changes the book of orders and writes its log, all or nothing.
--
-- KEYS     book (hash: number -> JSON of the order), version (integer, raised
--          by each change), next (the last number given), log (stream)
-- ARGV[1]  "change": four words for each step follow: verb, act, number, JSON
--            give   puts the order into the book under a new number
--            lift   takes it out; nothing if it is not there
--            drop   the same, without a word in the log: it has ended
--            note   only writes the log
--            touch  only raises the version: the milters look again
-- ARGV[1]  "restore": Redis has lost orders that a milter still knows; its
--          version, its last number, its name, then number and JSON of each
--
-- Answer   change: the number of each step (0: nothing was lifted)
--          restore: how many were put back; 0 too if the version here is not
--          behind. A number that was given again meanwhile stays with the new
--          order, and the old one gets another.
--
-- An entry of the log has the fields act, id and order (JSON).

local book, version, next, log = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local LOG_MOST = 100000
local answer = {}

local function write_log(act, id, json)
	redis.call('XADD', log, 'MAXLEN', '~', LOG_MOST, '*', 'act', act,
		'id', id, 'order', json)
end

-- Are these two texts of one order? What cannot be read is left alone.
local function is_same(a, b)
	local is_good, first, second = pcall(function()
		return cjson.decode(a), cjson.decode(b)
	end)
	if not is_good or type(first) ~= 'table' or type(second) ~= 'table' then
		return true
	end
	return first.kind == second.kind and first.subject == second.subject and
		first.created_ms == second.created_ms
end

local function restore(id, json)
	local there = redis.call('HGET', book, id)
	if there then
		if is_same(there, json) then
			return 0
		end
		id = redis.call('INCR', next)
	end
	redis.call('HSET', book, id, json)
	return 1
end

if ARGV[1] == 'restore' then
	local known = tonumber(ARGV[2])
	if tonumber(redis.call('GET', version) or 0) >= known then
		return 0
	end
	local count = 0
	if tonumber(redis.call('GET', next) or 0) < tonumber(ARGV[3]) then
		redis.call('SET', next, ARGV[3])
	end
	for i = 5, #ARGV, 2 do
		count = count + restore(ARGV[i], ARGV[i + 1])
	end
	redis.call('SET', version, known + 1)
	write_log('restored', 0, ARGV[4])
	return count
end

for i = 2, #ARGV, 4 do
	local verb, act, id, json = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
	if verb == 'give' then
		id = redis.call('INCR', next)
		redis.call('HSET', book, id, json)
		write_log(act, id, json)
	elseif verb == 'lift' then
		if redis.call('HDEL', book, id) == 1 then
			write_log(act, id, json)
		else
			id = 0
		end
	elseif verb == 'drop' then
		redis.call('HDEL', book, id)
	elseif verb == 'note' then
		write_log(act, id, json)
	end
	answer[#answer + 1] = tonumber(id)
end
redis.call('INCR', version)
return answer
