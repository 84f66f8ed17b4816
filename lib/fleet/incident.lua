-- SPDX-License-Identifier: ISC
--
-- The incidents of all milters: takes what one milter has stopped since its
-- last report, finds the incident that each window belongs to, and answers
-- what became of it. All or nothing, so however many milters report one flood
-- at once, it is opened once.
--
-- KEYS[1]  BASE, "PREFIX:{incidents}"; all other keys begin with it, so they
--          are of one hash tag:
--            BASE:next       the last number given
--            BASE:open       sorted set: number -> when it last stopped mail,
--                            of incidents that are open or contained
--            BASE:ended      the same of those that are quiet
--            BASE:N          hash: uid, state, level, opened, from, last, ended, closed,
--                            limit, subject, source, per, max, stopped, held,
--                            let_in, let_in_least, monitored, others,
--                            bytes, excess, windows, marks, peak, agains, since (open again), quiets,
--                            taken_by, taken, blocked, before, related; "mark MARK" for each of its
--                            marks, "note K" for each note, "in MILTER" for
--                            what each process has let in of it
--            BASE:N:windows  hash: LIMIT:PER:SUBJECT or block:NUMBER ->
--                            JSON array [stopped, held, 0, last, max]
--            BASE:N:who      hash: "DIMENSION VALUE" -> messages
--            BASE:N:minutes  hash: minutes since the epoch ->
--                            "STOPPED LET_IN HELD"
--            BASE:mark:MARK  the number of the newest incident with that mark
--            BASE:log        stream of what happened to incidents
--            BASE:recurring  sorted set: number -> since when, of those that
--                            began again more than once: a digest a day
--            BASE:untold     hash of what was done by hand, until a milter has
--                            logged it
--            BASE:report:MILTER  the number of its last report and the answer,
--                            so that one that is sent again counts once
-- ARGV[1]  report, take, note, close or restore
-- ARGV[2]  a JSON object. Of each: now (ms; left out: the clock of Redis),
--          rules (see settings_incident). Of report: milter, sequence, windows,
--          let_in (totals of this milter, for incidents that it knows)
--          and restored (what this milter knows was restored just now); of
--          take, note and close: number, by and text; of restore: incidents
--
-- Answer   a JSON object: now; windows (the number of the incident of each, 0:
--          none); incidents (those that were touched, as their hashes have
--          them, without marks and notes); acts, each with number, act and text,
--          in order; open, of report: those that are not over, the newest
--          FOLLOWED; of take, note and close: found; of report only lost,
--          where Redis has forgotten what this milter reported last
--
-- Times are milliseconds since the epoch, spans milliseconds. "excess" is how
-- many times the max of its windows an incident has stopped or held.

local BASE, verb, request = KEYS[1], ARGV[1], cjson.decode(ARGV[2])
local DAY = 86400000
local KEPT = 90 * DAY
local REPORT_KEPT = DAY
local MARKS, WINDOWS, WHO, MINUTES = 64, 200, 20, 4320
local BEFORE, NOTES, LOG = 20, 100, 100000
local BRAKE, BRAKE_SPAN = 5, 600000
local AT_ONCE = 20
local FOLLOWED, PROCESSES = 50, 200
local AROUND = 60000 -- as in incident_flood.c

local time = redis.call('TIME')
local now = request.now or time[1] * 1000 + math.floor(time[2] / 1000)
local rules = request.rules or {}

local function text(number)
	return string.format('%.0f', number)
end

local function key_of(...)
	return BASE .. ':' .. table.concat({ ... }, ':')
end

-- What a script has done is not taken back: a key with something else in it must
-- end it before anything is changed.
local READS = { hash = { 'HLEN' }, stream = { 'XLEN' }, string = { 'GET' },
	zset = { 'ZRANGE', 0, 0 } }

local function expect(kind, key)
	local name, first, last = unpack(READS[kind])
	local answer = first and redis.pcall(name, key, first, last) or
		redis.pcall(name, key)
	if type(answer) == 'table' and answer.err then
		error(answer.err .. ' (' .. key .. ')', 0)
	end
	return answer
end

-- What is no JSON is as good as nothing.
local function decoded(json)
	local is_good, value = pcall(cjson.decode, json or '')
	return is_good and type(value) == 'table' and value or nil
end

-- one incident

local book, order_of_touch, acts, adopted = {}, {}, {}, {}

local function load_incident(number)
	if book[number] ~= nil then
		return book[number]
	end
	expect('hash', key_of(number))
	for _, part in ipairs({ 'windows', 'who', 'minutes' }) do
		expect('hash', key_of(number, part))
	end
	local flat = redis.call('HGETALL', key_of(number))
	if #flat == 0 then
		book[number] = false
		return false
	end
	local incident = { number = number, fields = {}, changed = {} }
	for i = 1, #flat, 2 do
		incident.fields[flat[i]] = flat[i + 1]
	end
	book[number] = incident
	return incident
end

local function touch(incident)
	if not incident.is_touched then
		incident.is_touched = true
		order_of_touch[#order_of_touch + 1] = incident
	end
end

local function put(incident, name, value)
	if type(value) == 'number' then
		value = text(value)
	end
	incident.fields[name] = value
	incident.changed[name] = value
	touch(incident)
end

local function get(incident, name)
	return incident.fields[name] or ''
end

local function count(incident, name)
	return tonumber(incident.fields[name] or 0) or 0
end

local function add(incident, name, more)
	if more and more ~= 0 then
		put(incident, name, count(incident, name) + more)
	end
end

-- "5,2": the newest first, each once.
local function add_number(incident, name, number)
	local numbers = {}
	for each in string.gmatch(get(incident, name), '%d+') do
		if each == number then
			return
		end
		numbers[#numbers + 1] = tonumber(each)
	end
	numbers[#numbers + 1] = tonumber(number)
	table.sort(numbers, function(a, b) return a > b end)
	while #numbers > BEFORE do
		numbers[#numbers] = nil
	end
	put(incident, name, table.concat(numbers, ','))
end

-- is_silent: for the log of all milters, and not for that of this one.
local function note_act(incident, act, more, is_silent)
	touch(incident)
	acts[#acts + 1] = { incident = incident, act = act, text = more or '',
		level = get(incident, 'level'), is_silent = is_silent }
end

local function is_ended(incident)
	local state = get(incident, 'state')
	return state == 'over' or (state == 'quiet' and
		now - count(incident, 'ended') >= (rules.over or DAY))
end

-- levels

local LEVELS = { notice = 1, warning = 2, serious = 3, critical = 4 }

local function raise(incident, level)
	if LEVELS[level] > (LEVELS[get(incident, 'level')] or 0) then
		put(incident, 'level', level)
		note_act(incident, level)
	end
end

local function weigh(incident)
	local excess, others = count(incident, 'excess'), count(incident, 'others')
	local stopped = count(incident, 'stopped') + count(incident, 'held')

	if stopped == 0 then
		return
	elseif incident.stops_all or others >= (rules.critical_others or 100) or
		excess >= (rules.critical_times or 100) then
		raise(incident, 'critical')
	elseif others > 0 or excess >= (rules.serious_times or 10) or
		count(incident, 'windows') >= (rules.serious_windows or 5) or
		(get(incident, 'state') == 'open' and
		now - math.max(count(incident, 'opened'), count(incident, 'since')) >=
		(rules.serious_after or 3600000)) then
		raise(incident, 'serious')
	elseif stopped > 0 then
		raise(incident, 'warning')
	end
end

-- which incident

local holders = {} -- of marks

local function holder_of(mark)
	if holders[mark] == nil then
		holders[mark] = expect('string', key_of('mark', mark))
	end
	return holders[mark]
end

-- The incidents that these marks lead to: the open ones, oldest first, and
-- those that have ended.
local function find(marks, hint)
	local open, ended, seen = {}, {}, {}

	local function look(number)
		if not number or seen[number] then
			return
		end
		seen[number] = true
		local incident = load_incident(number)
		if incident and is_ended(incident) then
			ended[#ended + 1] = incident
		elseif incident then
			open[#open + 1] = incident
		end
	end

	for _, mark in ipairs(marks) do
		look(holder_of(mark))
	end
	if hint and load_incident(text(hint.number)) and
		get(load_incident(text(hint.number)), 'uid') == hint.uid then
		look(text(hint.number))
	end
	table.sort(open, function(a, b)
		local x, y = count(a, 'opened'), count(b, 'opened')
		if x ~= y then
			return x < y
		end
		return tonumber(a.number) < tonumber(b.number)
	end)
	return open, ended
end

-- The incident of that uid, whatever its number is now.
local function find_uid(number, uid)
	local incident = load_incident(text(number))

	if incident and get(incident, 'uid') == uid then
		return incident
	end
	local moved = holder_of('uid ' .. uid)
	return moved and load_incident(moved)
end

local function relate(open)
	for i = 2, #open do
		add_number(open[1], 'related', open[i].number)
		add_number(open[i], 'related', open[1].number)
	end
end

-- Where many are opened at once, they are told together.
local function is_braked(number)
	local earlier = redis.call('HGET', key_of(text(tonumber(number) - BRAKE)),
		'opened')
	return earlier and now - tonumber(earlier) < BRAKE_SPAN
end

-- One that no incident has, also where the last number was lost.
local function next_number()
	local number
	repeat
		number = text(redis.call('INCR', key_of('next')))
	until redis.call('EXISTS', key_of(number), key_of(number, 'windows'),
		key_of(number, 'who'), key_of(number, 'minutes')) == 0
	return number
end

-- What these had let in is not let in by the next one, too.
local function end_of(ended)
	local from = 0
	for _, old in ipairs(ended) do
		local last = count(old, 'last') + AROUND
		local closed = count(old, 'closed')
		from = math.max(from, closed > 0 and math.min(last, closed) or last)
	end
	return math.min(from, now)
end

local function open_incident(window, ended)
	local number = next_number()
	local opened = now - (window.age or 0)
	local here = window['local']
	local incident = { number = number, fields = {}, changed = {} }

	if here then
		opened = now - here.age
	end
	book[number] = incident
	put(incident, 'uid', here and here.uid or text(opened) .. '-' .. number)
	put(incident, 'state', 'open')
	put(incident, 'level',
		window.stopped + window.held > 0 and 'warning' or 'notice')
	put(incident, 'opened', opened)
	put(incident, 'from', #ended > 0 and end_of(ended) or '')
	for _, name in ipairs({ 'limit', 'subject', 'source', 'per', 'max' }) do
		put(incident, name, window[name] or '')
	end
	for _, old in ipairs(ended) do
		add_number(incident, 'before', old.number)
		for each in string.gmatch(get(old, 'before'), '%d+') do
			add_number(incident, 'before', each)
		end
	end
	note_act(incident, 'opened', is_braked(number) and 'together' or '',
		here ~= nil)
	return incident
end

-- Once it is an act of its own; from the second time on weir-keeper has it in a
-- digest a day. Where a block refuses what comes, it is no news; contain() says
-- so once.
local function begin_again(incident, is_blocked)
	local was_blocked = get(incident, 'blocked') ~= ''

	put(incident, 'state', is_blocked and was_blocked and 'contained' or 'open')
	put(incident, 'since', now)
	put(incident, 'ended', '')
	redis.call('ZREM', key_of('ended'), incident.number)
	if is_blocked then
		return
	end
	add(incident, 'agains', 1)
	if count(incident, 'agains') == 1 then
		note_act(incident, 'again')
	else
		redis.call('ZADD', key_of('recurring'), 'NX', text(now),
			incident.number)
		redis.call('PEXPIRE', key_of('recurring'), KEPT)
	end
end

-- counting

local function own_marks(incident, marks)
	for _, mark in ipairs(marks) do
		local name, holder = 'mark ' .. mark, holder_of(mark)
		local other = holder and holder ~= incident.number and
			load_incident(holder)

		if other and not is_ended(other) then
			-- they stay two
		elseif incident.fields[name] or count(incident, 'marks') < MARKS then
			if not incident.fields[name] then
				put(incident, name, now)
				add(incident, 'marks', 1)
			end
			redis.call('SET', key_of('mark', mark), incident.number, 'PX', KEPT)
			holders[mark] = incident.number
		end
	end
end

local function window_key(window)
	if window.order then
		return 'block:' .. text(window.order)
	end
	return window.key
end

local function count_window(incident, window)
	local key, name = key_of(incident.number, 'windows'), window_key(window)
	local there = redis.call('HGET', key, name)
	local row = decoded(there) or { 0, 0, 0, 0, 0 }

	if not there and redis.call('HLEN', key) >= WINDOWS then
		return
	end
	if not there and not window.order then
		add(incident, 'windows', 1)
	end
	row = { row[1] + window.stopped, row[2] + window.held, 0,
		now - (window.idle or 0), window.max or 0 }
	redis.call('HSET', key, name, cjson.encode(row))
end

local function count_minute(incident, stopped, let_in, held)
	local minute = math.floor(now / 60000)
	local key, fields = key_of(incident.number, 'minutes'), {}
	local there = redis.call('HGET', key, text(minute))

	for each in string.gmatch(there or '0 0 0', '%d+') do
		fields[#fields + 1] = tonumber(each)
	end
	fields[1] = (fields[1] or 0) + stopped
	redis.call('HSET', key, text(minute), string.format('%.0f %.0f %.0f',
		fields[1], (fields[2] or 0) + let_in, (fields[3] or 0) + held))
	if fields[1] > count(incident, 'peak') then
		put(incident, 'peak', fields[1])
	end
	if there or redis.call('HLEN', key) <= MINUTES then
		return
	end
	-- a tenth at a time, so that this is rare
	local flat = redis.call('HGETALL', key)
	for i = 1, #flat, 2 do
		if tonumber(flat[i]) <= minute - MINUTES * 9 / 10 then
			redis.call('HDEL', key, flat[i])
		end
	end
end

-- The total of a milter is less when the source is known, and with it that some
-- mail is not of the flood: it goes from the last minutes.
local function take_from_minutes(incident, less)
	local key, minutes = key_of(incident.number, 'minutes'), {}
	local flat = redis.call('HGETALL', key)
	for i = 1, #flat, 2 do
		minutes[#minutes + 1] = { flat[i], flat[i + 1] }
	end
	table.sort(minutes, function(a, b)
		return tonumber(a[1]) > tonumber(b[1])
	end)
	for _, minute in ipairs(minutes) do
		local stopped, let_in, held = string.match(minute[2],
			'^(%d+) (%d+) (%d+)$')
		let_in = tonumber(let_in) or 0
		local some = math.min(less, let_in)
		if some > 0 then
			redis.call('HSET', key, minute[1], string.format(
				'%s %.0f %s', stopped, let_in - some, held))
			less = less - some
		end
	end
end

-- A total of this milter: told twice, it counts once.
local function count_let_in(incident, total)
	local name = 'in ' .. request.milter
	local more = total.messages - count(incident, name)

	if total.least then
		put(incident, 'let_in_least', 1)
	end
	if more == 0 then
		return
	end
	if not incident.fields[name] then
		if count(incident, 'processes') >= PROCESSES then
			put(incident, 'let_in_least', 1)
			return
		end
		add(incident, 'processes', 1)
	end
	put(incident, name, total.messages)
	put(incident, 'let_in', math.max(0, count(incident, 'let_in') + more))
	if more > 0 then
		count_minute(incident, 0, more, 0)
	else
		take_from_minutes(incident, -more)
	end
end

-- As in a space-saving sketch: a new value takes over the count of the least.
local function merge_who(incident)
	local key, dimensions, flat = key_of(incident.number, 'who'), {}, nil

	for dimension, rows in pairs(incident.who or {}) do
		flat = flat or redis.call('HGETALL', key)
		local here, counted = {}, 0
		for i = 1, #flat, 2 do
			local name, value = string.match(flat[i], '^(%S+) (.*)$')
			if name == dimension then
				here[value] = tonumber(flat[i + 1])
				counted = counted + 1
			end
		end
		for _, row in ipairs(rows) do
			local value, more = row[1], row[2]
			if not here[value] and counted >= WHO then
				local least
				for each, messages in pairs(here) do
					if not least or messages < here[least] or
						(messages == here[least] and each < least) then
						least = each
					end
				end
				more = more + here[least]
				here[least] = nil
				redis.call('HDEL', key, dimension .. ' ' .. least)
				counted = counted - 1
			end
			if not here[value] then
				here[value] = 0
				counted = counted + 1
			end
			here[value] = here[value] + more
			redis.call('HSET', key, dimension .. ' ' .. value,
				text(here[value]))
		end
	end
end

local function remember_who(incident, window)
	incident.who = incident.who or {}
	for dimension, rows in pairs(window.who or {}) do
		incident.who[dimension] = incident.who[dimension] or {}
		for _, row in ipairs(rows) do
			table.insert(incident.who[dimension], row)
		end
	end
end

local function count_excess(incident, window, stopped)
	local max = window.max or 0
	local amount = window.amount or stopped

	if window.order then
		max = count(incident, 'max')
		amount = stopped
	end
	if max > 0 and amount > 0 then
		put(incident, 'excess', string.format('%.4f',
			count(incident, 'excess') + amount / max))
	end
end

local function contain(incident, window)
	put(incident, 'blocked', now)
	if get(incident, 'state') == 'open' then
		put(incident, 'state', 'contained')
		note_act(incident, 'contained', 'block ' .. text(window.order))
	end
end

local function count_in(incident, window)
	local stopped, held = window.stopped, window.held
	local monitored = window.monitored or 0
	local last = now - (window.idle or 0)

	if stopped + held + monitored > 0 and get(incident, 'state') == 'quiet' then
		begin_again(incident, window.order ~= nil)
	end
	if window.order then
		contain(incident, window)
	elseif stopped + held > 0 and get(incident, 'state') == 'contained' and
		now - count(incident, 'blocked') >= (rules.quiet or 900000) then
		put(incident, 'state', 'open') -- the block does not hold any more
		put(incident, 'since', now)
	end
	count_window(incident, window)
	add(incident, 'stopped', stopped)
	add(incident, 'held', held)
	add(incident, 'monitored', monitored)
	add(incident, 'others', window.others)
	add(incident, 'bytes', window.bytes)
	count_excess(incident, window, stopped + held)
	if window.subject == 'all' and stopped > 0 and not window.order then
		incident.stops_all = true
	end
	if get(incident, 'source') == '' and (window.source or '') ~= '' then
		put(incident, 'source', window.source)
	end
	if stopped + held + monitored > 0 and last > count(incident, 'last') then
		put(incident, 'last', last)
		redis.call('ZADD', key_of('open'), text(last), incident.number)
	end
	count_minute(incident, stopped, 0, held)
	remember_who(incident, window)
end

-- {} of a milter is a JSON array or object, and both are empty tables here.
local function marks_of(window)
	local marks = {}
	for _, mark in ipairs(window.marks or {}) do
		marks[#marks + 1] = mark
	end
	return marks
end

local function report_window(window)
	local marks = marks_of(window)
	local open, ended = find(marks, window.incident)
	local incident = open[1]
	local monitored = window.monitored or 0

	relate(open)
	if not incident then
		if window.order or window.stopped + window.held + monitored == 0 then
			return 0
		end
		incident = open_incident(window, ended)
		-- else the milter counts again, when it knows how far to look back
		if count(incident, 'from') <= count(incident, 'opened') -
			(window.per or 0) - AROUND then
			count_let_in(incident, { messages = window.let_in,
				least = window.least })
		end
	end
	if not window.order then
		own_marks(incident, marks)
	end
	count_in(incident, window)
	if window['local'] and not adopted[window['local'].name] then
		adopted[window['local'].name] = true
		note_act(incident, 'adopted', window['local'].name, true)
	end
	return tonumber(incident.number)
end

-- what time does

-- Those whose time has come, some at once.
local function due(set, span)
	return redis.call('ZRANGEBYSCORE', key_of(set), '-inf', text(now - span),
		'LIMIT', 0, AT_ONCE)
end

local function due_quiet()
	return due('open', rules.quiet or 900000)
end

local function due_over()
	return due('ended', rules.over or DAY)
end

local function end_quiet()
	for _, number in ipairs(due_quiet()) do
		local incident = load_incident(number)
		redis.call('ZREM', key_of('open'), number)
		if incident and get(incident, 'state') ~= 'over' then
			put(incident, 'state', 'quiet')
			put(incident, 'ended', count(incident, 'last'))
			redis.call('ZADD', key_of('ended'), get(incident, 'ended'),
				number)
			add(incident, 'quiets', 1)
			if count(incident, 'agains') == 0 and
				count(incident, 'quiets') == 1 then
				note_act(incident, 'quiet')
			end
		end
	end
end

local function close(incident, by)
	put(incident, 'state', 'over')
	put(incident, 'closed', now)
	if get(incident, 'ended') == '' then
		put(incident, 'ended', now)
	end
	redis.call('ZREM', key_of('open'), incident.number)
	redis.call('ZREM', key_of('ended'), incident.number)
	note_act(incident, 'over', by)
end

local function end_over()
	for _, number in ipairs(due_over()) do
		local incident = load_incident(number)
		redis.call('ZREM', key_of('ended'), number)
		if incident and get(incident, 'state') == 'quiet' then
			close(incident, '')
		end
	end
end

-- what is left behind

local TOLD = { 'uid', 'state', 'level', 'opened', 'from', 'last', 'ended', 'limit',
	'subject', 'source', 'per', 'max', 'stopped', 'held', 'let_in',
	'let_in_least', 'monitored', 'others', 'bytes', 'excess', 'windows',
	'marks', 'peak', 'agains', 'taken_by', 'taken', 'blocked', 'before', 'related' }

local function row_of(incident)
	local row = { number = tonumber(incident.number) }
	for _, name in ipairs(TOLD) do
		row[name] = get(incident, name)
	end
	return row
end

local function save(incident)
	local words, key = {}, key_of(incident.number)

	for name, value in pairs(incident.changed) do
		words[#words + 1] = name
		words[#words + 1] = value
	end
	if #words > 0 then
		redis.call('HSET', key, unpack(words))
	end
	merge_who(incident)
	redis.call('PEXPIRE', key, KEPT)
	for _, part in ipairs({ 'windows', 'who', 'minutes' }) do
		redis.call('PEXPIRE', key_of(incident.number, part), KEPT)
	end
end

local function write_log(act)
	local incident = act.incident
	local words = { 'incident', incident.number, 'act', act.act,
		'text', act.text, 'level', act.level }

	for _, name in ipairs({ 'uid', 'state', 'opened', 'limit',
		'subject', 'source', 'stopped', 'held', 'let_in', 'others', 'before',
		'related', 'taken_by' }) do
		words[#words + 1] = name
		words[#words + 1] = get(incident, name)
	end
	redis.call('XADD', key_of('log'), 'MAXLEN', '~', LOG, '*', unpack(words))
end

-- What was done by hand is logged by the next milter that asks.
local function take_untold(answer)
	local flat = redis.call('HGETALL', key_of('untold'))
	local names, values = {}, {}

	for i = 1, #flat, 2 do
		names[#names + 1] = flat[i]
		values[flat[i]] = flat[i + 1]
	end
	table.sort(names)
	for _, name in ipairs(names) do
		local act = decoded(values[name]) or {}
		local incident = load_incident(text(tonumber(act.number) or 0))
		if incident then
			touch(incident)
			table.insert(answer.acts, act)
		end
	end
	redis.call('DEL', key_of('untold'))
end

local function finish(answer)
	for _, incident in ipairs(order_of_touch) do
		save(incident)
	end
	answer.now, answer.acts, answer.incidents = now, {}, {}
	for _, act in ipairs(acts) do
		write_log(act)
		if not act.is_silent then
			table.insert(answer.acts, {
				number = tonumber(act.incident.number), act = act.act,
				text = act.text, level = act.level })
		end
	end
	if verb == 'report' then
		take_untold(answer)
	end
	for _, incident in ipairs(order_of_touch) do
		table.insert(answer.incidents, row_of(incident))
	end
	return answer
end

-- the verbs

-- Reads all that will be changed, see expect().
local function look_at_keys()
	for _, set in ipairs({ 'open', 'ended', 'recurring' }) do
		expect('zset', key_of(set))
	end
	expect('stream', key_of('log'))
	expect('hash', key_of('untold'))
	if not string.match(expect('string', key_of('next')) or '0', '^%d+$') then
		error('ERR ' .. key_of('next') .. ' holds no number', 0)
	end
end

local function look_at_incidents()
	for _, window in ipairs(request.windows or {}) do
		find(marks_of(window), window.incident)
	end
	for _, total in ipairs(request.let_in or {}) do
		find_uid(total.number, total.uid)
	end
	for _, numbers in ipairs({ due_quiet(), due_over() }) do
		for _, number in ipairs(numbers) do
			load_incident(number)
		end
	end
	local untold = redis.call('HGETALL', key_of('untold'))
	for i = 2, #untold, 2 do
		load_incident(text(tonumber((decoded(untold[i]) or {}).number) or 0))
	end
end

local function report_let_in(total)
	local incident = find_uid(total.number, total.uid)
	if incident and get(incident, 'state') ~= 'over' then
		count_let_in(incident, total)
	end
end

-- What milters follow. One more than that cannot be counted whole.
local function list_open()
	local open, fields = {}, { 'uid', 'opened', 'from', 'last', 'per',
		'windows', 'source' }

	for _, set in ipairs({ 'open', 'ended' }) do
		local numbers = redis.call('ZRANGE', key_of(set),
			text(#open - FOLLOWED - 1), -1)
		for i = #open > FOLLOWED and 0 or #numbers, 1, -1 do
			local row = { number = tonumber(numbers[i]) }
			local values = redis.pcall('HMGET', key_of(numbers[i]),
				unpack(fields))
			for k, name in ipairs(fields) do
				row[name] = values[k] or ''
			end
			open[#open + 1] = values.err == nil and row.uid ~= '' and
				row or nil
		end
	end
	if #open > FOLLOWED then
		redis.call('HSET', key_of(text(open[#open].number)),
			'let_in_least', '1')
		open[#open] = nil
	end
	return open
end

local function report()
	local key, answer = key_of('report', request.milter), { windows = {} }
	local sequence = text(request.sequence)
	local before = redis.call('GET', key)

	local last, told = string.match(before or '0 ', '^(%d+) (.*)$')
	if before and last == sequence then
		answer = cjson.decode(told)
		answer.open = list_open()
		return cjson.encode(answer)
	end
	-- what this milter reported before is not here any more
	if tonumber(last) < request.sequence - 1 and not request.restored then
		return cjson.encode({ lost = true, now = now })
	end
	look_at_incidents()
	end_quiet()
	end_over()
	for _, window in ipairs(request.windows or {}) do
		table.insert(answer.windows, report_window(window))
	end
	for _, total in ipairs(request.let_in or {}) do
		report_let_in(total)
	end
	for _, incident in ipairs(order_of_touch) do
		weigh(incident)
	end
	told = finish(answer)
	redis.call('SET', key, sequence .. ' ' .. cjson.encode(told), 'PX',
		REPORT_KEPT)
	told.open = list_open()
	return cjson.encode(told)
end

-- By hand: the log of all milters has it now, that of one of them soon.
local function by_hand(incident, act, more)
	local answer
	note_act(incident, act, more)
	answer = finish({ found = true })
	-- numbered, since a hash has no order
	redis.call('HSET', key_of('untold'), string.format('%09.0f',
		redis.call('HLEN', key_of('untold'))),
		cjson.encode(answer.acts[#answer.acts]))
	return cjson.encode(answer)
end

local function take(incident)
	put(incident, 'taken_by', request.by)
	put(incident, 'taken', now)
	return by_hand(incident, 'taken', request.by)
end

local function write_note(incident)
	local kept = 0
	for name in pairs(incident.fields) do
		if string.sub(name, 1, 5) == 'note ' then
			kept = kept + 1
		end
	end
	if kept >= NOTES then
		return redis.error_reply('ERR an incident has at most ' .. NOTES ..
			' notes')
	end
	put(incident, 'note ' .. (kept + 1), cjson.encode({
		when = now, by = request.by, text = request.text }))
	return by_hand(incident, 'note', request.by .. ': ' .. request.text)
end

local function close_by_hand(incident)
	close(incident, request.by)
	acts[#acts] = nil
	return by_hand(incident, 'over', request.by)
end

-- What each process that is there still has let in is known by all of them.
local function restore_let_in(incident, known)
	local name, sum = 'in ' .. request.milter, 0

	if (known.mine or 0) > count(incident, name) then
		put(incident, name, known.mine)
	end
	for field, value in pairs(incident.fields) do
		if string.sub(field, 1, 3) == 'in ' then
			sum = sum + tonumber(value)
		end
	end
	if sum > count(incident, 'let_in') then
		put(incident, 'let_in', sum)
	end
end

-- Redis was emptied, or has only what it had long ago: the greater counts
-- hold. A number that was given again meanwhile stays with the new incident.
local function restore_one(known)
	local number = text(known.number)
	local incident = load_incident(number)
	local moved = holder_of('uid ' .. known.uid)

	if incident and get(incident, 'uid') ~= known.uid then
		incident = moved and load_incident(moved) or nil
		if not incident then
			number = next_number()
			redis.call('SET', key_of('mark', 'uid ' .. known.uid), number,
				'PX', KEPT)
		end
	end
	if (tonumber(redis.call('GET', key_of('next')) or 0) or 0) <
		tonumber(number) then
		redis.call('SET', key_of('next'), number)
	end
	if not incident then
		incident = { number = number, fields = {}, changed = {} }
		book[number] = incident
		for _, name in ipairs(TOLD) do
			put(incident, name, known[name] or '')
		end
		put(incident, 'marks', 0)
		put(incident, 'windows', known.windows or 0)
		if get(incident, 'state') == 'quiet' then
			redis.call('ZADD', key_of('ended'), get(incident, 'ended'), number)
		else
			redis.call('ZADD', key_of('open'), get(incident, 'last'), number)
		end
		note_act(incident, 'restored')
	end
	for _, name in ipairs({ 'stopped', 'held', 'let_in', 'monitored', 'others',
		'bytes', 'peak', 'agains', 'last' }) do
		if (tonumber(known[name]) or 0) > count(incident, name) then
			put(incident, name, tonumber(known[name]))
		end
	end
	restore_let_in(incident, known)
	own_marks(incident, marks_of(known))
	return tonumber(incident.number)
end

local function restore()
	local answer = { windows = {} }
	for _, known in ipairs(request.incidents) do
		find(marks_of(known))
		load_incident(text(known.number))
		holder_of('uid ' .. known.uid)
	end
	for _, known in ipairs(request.incidents) do
		table.insert(answer.windows, restore_one(known))
	end
	return cjson.encode(finish(answer))
end

look_at_keys()
if verb == 'report' then
	return report()
elseif verb == 'restore' then
	return restore()
end
local incident = load_incident(text(request.number))
if not incident then
	return cjson.encode({ found = false })
elseif verb == 'take' then
	return take(incident)
elseif verb == 'note' then
	return write_note(incident)
elseif verb == 'close' then
	return close_by_hand(incident)
end
return redis.error_reply('ERR ' .. verb .. ' is no verb of an incident')
