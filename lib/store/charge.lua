-- SPDX-License-Identifier: ISC
--
-- May this message in, and if so, charge it to all its windows at once.
-- The same sums as window.c, see window.h for what a window is.
--
-- KEYS     one window each, all different
-- ARGV[1]  the question: "charge", "peek" or "add" (see store.h); "give": takes
--          back what was charged at the time of ARGV[2]
-- ARGV[2]  the time in milliseconds since the epoch, or 0 for Redis's own
-- ARGV[3]  when the question ends, on the same clock, or 0: nobody waits for
--          the answer then, and nothing is charged
-- ARGV     for each key five more: cost, max, width of a bucket in ms,
--          slots of the ring, flags
--
-- Flags    letters: "s" stops, "a" attempts, "o" the permitted subject's own,
--          "p" a permit's window, "-" none of them; behind ":" the number of
--          the permit ("p:2"), or the set of the permits that cover the
--          window, bit 0 for permit 1 ("so:3"). See store.h.
--
-- Answer   flat integers: the time if admitted, less than 0 (minus the time) if
--          refused, then for each key: used, wait (ms until this cost has room,
--          0 now, -1 never), shut (ms until anything has room). A question that
--          has ended: 0, the time, and zeros.
--
-- A window is a hash:  head  number of its newest bucket (time / width)
--                      used  sum of the buckets
--                      0..60 bucket b stands in field b % slots
-- and lives as long as its newest bucket counts. Sums stop at 2^53.

local question, now = ARGV[1], tonumber(ARGV[2])
if now == 0 then
	local time = redis.call('TIME')
	now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local deadline = tonumber(ARGV[3])
if deadline ~= 0 and now > deadline then
	local late = { 0, now }
	for i = 3, 3 * #KEYS + 1 do
		late[i] = 0
	end
	return late
end

local MOST = 9007199254740992
local windows, answer = {}, { now }
local stopped = false
local permits -- whether each is open, by number; nil when there are none

if question == 'give' then
	for i = 1, #KEYS do
		local at = 5 * i - 1
		local slots = tonumber(ARGV[at + 3])
		local bucket = math.floor(now / tonumber(ARGV[at + 2]))
		local held = redis.call('HMGET', KEYS[i], 'head', 'used', bucket % slots)
		local head, used = tonumber(held[1]), tonumber(held[2])
		local count = tonumber(held[3])
		if head and used and count and bucket <= head and
		    bucket > head - slots then
			local back = math.min(tonumber(ARGV[at]), count, used)
			if back == used then
				redis.call('DEL', KEYS[i])
			else
				redis.call('HSET', KEYS[i], 'used', used - back,
					bucket % slots, count - back)
			end
		end
		for k = 3 * i - 1, 3 * i + 1 do
			answer[k] = 0
		end
	end
	return answer
end

-- All buckets of a window that still count at the bucket "head", by field;
-- what no longer counts, is dated in the future or is no number goes to
-- "dropped".
local function ring(w, stored_head)
	local all = redis.call('HGETALL', w.key)
	w.buckets, w.dropped, w.used = {}, {}, 0
	for i = 1, #all, 2 do
		local field = all[i]
		local slot = tonumber(field)
		if slot then
			local bucket = stored_head - (stored_head - slot) % w.slots
			local count = tonumber(all[i + 1])
			if count and bucket <= w.head and
			    bucket > w.head - w.slots then
				w.buckets[slot] = count
				w.used = w.used + count
			else
				w.dropped[#w.dropped + 1] = field
			end
		end
	end
end

-- Milliseconds until cost has room.
local function wait(w, cost)
	if cost > w.max then
		return -1
	end
	local left, fits = w.used, w.max - cost
	if left <= fits then
		return 0
	end
	for age = w.slots - 1, 0, -1 do
		local bucket = w.head - age
		left = left - (w.buckets[bucket % w.slots] or 0)
		if left <= fits then
			return (bucket + w.slots) * w.width - now
		end
	end
	return 0
end

-- Flags with more than letters: which permit, or which permits.
local function take_permits(w, flags)
	local letters, number = string.match(flags, '^([%a-]+):(%d+)$')
	w.stops = string.find(letters, 's', 1, true)
	w.attempts = string.find(letters, 'a', 1, true)
	w.own = string.find(letters, 'o', 1, true)
	permits = permits or {}
	if letters == 'p' then
		w.permit = tonumber(number)
	else
		w.covers = tonumber(number)
	end
end

for i = 1, #KEYS do
	local at = 5 * i - 1
	local width, slots = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
	local head = math.floor(now / width)
	local flags = ARGV[at + 4]
	local w = {
		key = KEYS[i], cost = tonumber(ARGV[at]), max = tonumber(ARGV[at + 1]),
		width = width, slots = slots, head = head, slot = head % slots,
		used = 0, count = 0, stops = flags == 's' or flags == 'sa',
		attempts = flags == 'a' or flags == 'sa',
	}
	if #flags > 2 then
		take_permits(w, flags)
	end
	local held = redis.call('HMGET', w.key, 'head', 'used', w.slot)
	if held[1] or held[2] or held[3] then
		local stored_head, used = tonumber(held[1]), tonumber(held[2])
		if used and stored_head == head then
			w.used, w.count = used, tonumber(held[3]) or 0
			w.is_current = true
		else
			-- a window without a head, or with another thing in its
			-- place, is an old one
			ring(w, stored_head or 0)
			w.count = w.buckets[w.slot] or 0
		end
	end
	w.wait, w.shut = 0, 0
	if w.used > w.max - w.cost then
		if w.is_current then
			ring(w, head)
		end
		w.wait, w.shut = wait(w, w.cost), wait(w, 1)
		if w.stops and not w.covers then
			stopped = true
		end
	end
	if w.permit then
		permits[w.permit] = permits[w.permit] ~= false and w.wait == 0
	end
	windows[i] = w
end

-- What an open permit covers does not stop; taken: the permits that did.
local taken = {}
if permits then
	for i = 1, #windows do
		local w = windows[i]
		for number = 1, w.covers and #permits or 0 do
			if permits[number] and
			    bit.band(w.covers, bit.lshift(1, number - 1)) ~= 0 then
				w.covered, taken[number] = true, true
				w.wait, w.shut = 0, 0
				break
			end
		end
		if w.covers and w.wait ~= 0 and w.stops then
			stopped = true
		end
	end
end

local function is_charged(w)
	if question == 'add' then
		return true
	elseif question ~= 'charge' then
		return false
	elseif w.permit then
		return not stopped and taken[w.permit]
	end
	return (not stopped or w.attempts) and (not w.covered or w.own)
end

for i = 1, #windows do
	local w = windows[i]
	if is_charged(w) then
		local cost = math.min(w.cost, MOST - w.used)
		w.used = w.used + cost
		if w.is_current then
			redis.call('HSET', w.key, 'used', w.used, w.slot, w.count + cost)
		else
			if w.dropped and #w.dropped > 0 then
				redis.call('HDEL', w.key, unpack(w.dropped))
			end
			redis.call('HSET', w.key, 'head', w.head, 'used', w.used,
				w.slot, w.count + cost)
			redis.call('PEXPIRE', w.key, (w.slots + 1) * w.width)
		end
	end
	answer[3 * i - 1], answer[3 * i], answer[3 * i + 1] = w.used, w.wait, w.shut
end

if stopped and question ~= 'add' then
	answer[1] = -now
end
return answer
