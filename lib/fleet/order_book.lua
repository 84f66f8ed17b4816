-- SPDX-License-Identifier: ISC
--
-- Changes the book of orders and writes its log, all or nothing; and brings
-- together what a milter knows of the book and what Redis has of it.
--
-- KEYS     book (hash: number -> JSON of the order), version (integer, raised
--          by each change), next (the last number given), log (stream), lifted
--          (sorted set: IDENTITY -> until when it is kept), resets (sorted
--          set: window -> when it was emptied), known (the mark of one milter)
--          All of one hash tag. IDENTITY is NUMBER:CREATED_MS, with the number
--          under which the order was given first. A window is its key without
--          the prefix. Times are milliseconds since the epoch.
-- ARGV[1]  "change", then the account that changes ("": not known); four words
--          for each step follow: verb, act, number, JSON
--            give   puts the order into the book under a new number
--            lift   takes it out; nothing if it is not there
--            drop   the same, without a word in the log: it has ended
--            note   only writes the log
--            reset  the same; the number is the window that was emptied
-- ARGV[1]  "read", then the mark that the milter left last
-- ARGV[1]  "merge", then the same (0: none yet), the milter's name, the version
--          and the last number that it knows; how many orders it knows, number
--          and JSON of each; how many identities it knows to be lifted, each
--          with until when that is kept; how many resets, window and time of
--          each
--
-- Answer   change: the number of each step (0: nothing was lifted)
--          read: 0 if the mark in Redis is an older one: it has lost what this
--          milter has read. Otherwise, and of merge: the new mark, the version,
--          the last number, the time, the book, lifted, resets (as HGETALL and ZRANGE
--          WITHSCORES give them); then what merge has put right: numbers
--          restored, numbers lifted again, windows to be emptied again
--
-- Merge is the same in any order and however often it is done. An order that
-- was lifted stays so. One that is known and lacks is put back, unless it has
-- ended, or a newer order about the same has come in its place. A number that
-- was given again meanwhile stays with the new order; the old one gets another
-- and keeps its first number in given_as, under which its budget is counted.
--
-- An entry of the log has the fields act, id and order (JSON), and where they
-- are known account and by (instead of that in the order).

local book, version, next, log = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local lifted, resets, known = KEYS[5], KEYS[6], KEYS[7]
local LOG_MOST = 100000
local LIFTED_MOST = 10000
local LIFTED_MS = 30 * 86400000
local RESETS_MOST = 1000
local MARK_MS = 7 * 86400000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number)
	return string.format('%.0f', number)
end

local function write_log(act, id, json, more, value)
	local words = { 'act', act, 'id', id, 'order', json }
	if value and value ~= '' then
		words[7], words[8] = more, value
	end
	redis.call('XADD', log, 'MAXLEN', '~', LOG_MOST, '*', unpack(words))
end

local function count_of(key)
	return tonumber(redis.call('GET', key) or 0) or 0
end

-- One order; nil if it cannot be read.
local function order_of(number, json)
	local is_good, order = pcall(cjson.decode, json)
	if not is_good or type(order) ~= 'table' or
		type(order.kind) ~= 'string' or type(order.subject) ~= 'string' then
		return nil
	end
	local made = {
		number = number,
		json = json,
		created = tonumber(order.created_ms) or 0,
		ends = tonumber(order.until_ms) or 0,
		is_renamed = tonumber(order.given_as) ~= nil,
	}
	local about = order.kind .. ' ' .. order.subject
	made.identity = (made.is_renamed and text(order.given_as) or number) ..
		':' .. text(made.created)
	made.twin = about .. ' ' .. text(made.created)
	if order.kind == 'block' then
		made.claim = about
	elseif order.kind == 'override' and type(order.limits) == 'table' then
		made.claim = about .. ' ' .. tostring(order.limits[1])
	end
	return made
end

local function keep_lifted(order)
	local ends = math.min(order.ends, now + LIFTED_MS)
	if ends > now then
		redis.call('ZADD', lifted, text(ends), order.identity)
	end
end

local function keep_reset(window, when)
	redis.call('ZADD', resets, when, window)
	redis.call('ZREMRANGEBYRANK', resets, 0, -RESETS_MOST - 1)
end

local function take_out(order)
	redis.call('HDEL', book, order.number)
	keep_lifted(order)
end

-- What is kept no longer leaves, and the oldest of too many.
local function trim_lifted()
	local old = redis.call('ZRANGEBYSCORE', lifted, '-inf', text(now))
	for _, identity in ipairs(old) do
		redis.call('ZREM', lifted, identity)
	end
	redis.call('ZREMRANGEBYRANK', lifted, 0, -LIFTED_MOST - 1)
end

-- A mark says that all that was read before it is here.
local function leave_mark(mark)
	redis.call('SET', known, text(mark), 'PX', MARK_MS)
	return text(mark)
end

local function answer_book(mark, done)
	return { leave_mark(mark), redis.call('GET', version) or '0', redis.call('GET', next) or '0',
		text(now), redis.call('HGETALL', book),
		redis.call('ZRANGE', lifted, 0, -1, 'WITHSCORES'),
		redis.call('ZRANGE', resets, 0, -1, 'WITHSCORES'),
		done.restored, done.lifted, done.resets }
end

if ARGV[1] == 'read' then
	local mark = count_of(known)
	if mark < tonumber(ARGV[2]) then
		return 0
	end
	return answer_book(mark + 1, { restored = {}, lifted = {}, resets = {} })
end

-- merging

-- What Redis has: by identity, by twin, by claim the newest.
local function read_book()
	local flat, here = redis.call('HGETALL', book), { all = {}, claims = {} }
	for i = 1, #flat, 2 do
		local order = order_of(flat[i], flat[i + 1])
		if order then
			here.all[order.identity] = order
			here.all[order.twin] = order
			local other = here.claims[order.claim or '']
			if order.claim and
				(not other or other.created < order.created) then
				here.claims[order.claim] = order
			end
		end
	end
	return here
end

local function lift_again(identity, here, name, done)
	local order = here.all[identity]
	if not order then
		return
	end
	redis.call('HDEL', book, order.number)
	here.all[identity], here.all[order.twin] = nil, nil
	if order.claim and here.claims[order.claim] == order then
		here.claims[order.claim] = nil
	end
	write_log('lifted', order.number, order.json, 'by', name)
	done.lifted[#done.lifted + 1] = order.number
end

local function put_back(order, here, name, done)
	local other = order.claim and here.claims[order.claim]
	if here.all[order.identity] or here.all[order.twin] or
		(other and other.created >= order.created) then
		return
	end
	local there = redis.call('HGET', book, order.number)
	if there then
		if not order_of(order.number, there) then
			return -- of a version that we cannot read, left alone
		end
		if not order.is_renamed then
			order.json = '{"given_as":' .. order.number .. ',' ..
				string.sub(order.json, 2)
		end
		order.number = text(redis.call('INCR', next))
	end
	if other then
		take_out(other)
		write_log('replaced', other.number, other.json, 'by', name)
	end
	if order.claim then
		here.claims[order.claim] = order
	end
	here.all[order.identity], here.all[order.twin] = order, order
	redis.call('HSET', book, order.number, order.json)
	write_log('restored', order.number, order.json, 'by', name)
	done.restored[#done.restored + 1] = order.number
end

local function scores_of(key)
	local flat, scores = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), {}
	for i = 1, #flat, 2 do
		scores[flat[i]] = tonumber(flat[i + 1])
	end
	return scores
end

local function reset_again(window, when, name, done)
	keep_reset(window, when)
	write_log('reset', 0, cjson.encode({
		subject = string.match(window, '^{(.*)}'),
		reason = 'Redis had lost this reset',
	}), 'by', name)
	done.resets[#done.resets + 1] = window
end

local function merge()
	local mark, name = tonumber(ARGV[2]), ARGV[3]
	local known_version, at = tonumber(ARGV[4]), 6
	local done = { restored = {}, lifted = {}, resets = {} }
	local here, is_lifted = read_book(), scores_of(lifted)
	local orders, was_emptied = {}, scores_of(resets)

	-- the next list of pairs among the arguments
	local function each(visit)
		local count = tonumber(ARGV[at])
		for i = at + 1, at + 2 * count, 2 do
			visit(ARGV[i], ARGV[i + 1])
		end
		at = at + 1 + 2 * count
	end

	if count_of(next) < tonumber(ARGV[5]) then
		redis.call('SET', next, ARGV[5])
	end
	each(function(number, json)
		orders[#orders + 1] = order_of(number, json)
	end)
	each(function(identity, ends)
		if not is_lifted[identity] and tonumber(ends) > now then
			redis.call('ZADD', lifted, ends, identity)
			is_lifted[identity] = tonumber(ends)
		end
	end)
	for identity in pairs(is_lifted) do
		lift_again(identity, here, name, done)
	end
	for _, order in ipairs(orders) do
		if order.ends > now and not is_lifted[order.identity] then
			put_back(order, here, name, done)
		end
	end
	each(function(window, when)
		if (was_emptied[window] or 0) < tonumber(when) then
			reset_again(window, when, name, done)
		end
	end)
	if #done.restored + #done.lifted + #done.resets > 0 or
		count_of(version) < known_version then
		redis.call('SET', version,
			text(math.max(count_of(version), known_version) + 1))
	end
	trim_lifted()
	return answer_book(math.max(mark, count_of(known)) + 1, done)
end

if ARGV[1] == 'merge' then
	return merge()
end

-- changing

-- A key with something else in it ends this here, before anything is changed:
-- what a script has done is not taken back.
redis.call('HLEN', book)
redis.call('XLEN', log)
redis.call('ZRANGE', lifted, 0, 0)
redis.call('ZRANGE', resets, 0, 0)
for _, key in ipairs({ version, next }) do
	if not string.match(redis.call('GET', key) or '0', '^%d+$') then
		return redis.error_reply('ERR ' .. key .. ' holds no number')
	end
end
redis.call('INCR', version)

local account, answer = ARGV[2], {}
for i = 3, #ARGV, 4 do
	local verb, act, id, json = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
	if verb == 'give' then
		id = redis.call('INCR', next)
		redis.call('HSET', book, id, json)
		write_log(act, id, json, 'account', account)
	elseif verb == 'lift' then
		local there = redis.call('HGET', book, id)
		if there then
			take_out(order_of(id, there) or
				{ number = id, identity = id .. ':0', ends = now })
			write_log(act, id, json, 'account', account)
		else
			id = 0
		end
	elseif verb == 'drop' then
		redis.call('HDEL', book, id)
	elseif verb == 'note' then
		write_log(act, id, json, 'account', account)
	elseif verb == 'reset' then
		keep_reset(id, text(now))
		write_log(act, 0, json, 'account', account)
		id = 0
	end
	answer[#answer + 1] = tonumber(id)
end
trim_lifted()
return answer
