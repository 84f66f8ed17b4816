-- SPDX-License-Identifier: ISC
--
-- May this message in, and if so, charge it to all its windows at once.
-- The same sums as window.c, see window.h for what a window is.
--
-- KEYS     one window each, all different
-- ARGV[1]  the question: "charge", "peek" or "add" (see store.h)
-- ARGV[2]  the time in milliseconds since the epoch, or 0 for Redis's own
-- ARGV     for each key five more: cost, max, width of a bucket in ms,
--          slots of the ring, flags ("s" stops, "a" attempts, "sa", "-")
--
-- Answer   flat integers: 1 admitted or 0 refused, then for each key: used,
--          wait (ms until this cost has room, 0 now, -1 never), shut (ms
--          until anything has room)
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

local MOST = 9007199254740992
local windows, answer = {}, { 1 }
local stopped = false

-- All buckets of a window that still count at the bucket "head", by field;
-- what no longer counts, or is dated in the future, goes to "dropped".
local function ring(w, stored_head)
	local all = redis.call('HGETALL', w.key)
	w.buckets, w.dropped, w.used = {}, {}, 0
	for i = 1, #all, 2 do
		local field = all[i]
		local slot = tonumber(field)
		if slot then
			local bucket = stored_head - (stored_head - slot) % w.slots
			if bucket <= w.head and bucket > w.head - w.slots then
				local count = tonumber(all[i + 1])
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

for i = 1, #KEYS do
	local at = 5 * i - 2
	local width, slots = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
	local head = math.floor(now / width)
	local w = {
		key = KEYS[i], cost = tonumber(ARGV[at]), max = tonumber(ARGV[at + 1]),
		width = width, slots = slots, head = head, slot = head % slots,
		used = 0, own = 0, flags = ARGV[at + 4],
	}
	local held = redis.call('HMGET', w.key, 'head', 'used', w.slot)
	if held[1] then
		local stored_head = tonumber(held[1])
		if stored_head == head then
			w.used, w.own = tonumber(held[2]), tonumber(held[3]) or 0
			w.is_current = true
		else
			ring(w, stored_head)
			w.own = w.buckets[w.slot] or 0
		end
	end
	w.wait, w.shut = 0, 0
	if w.used > w.max - w.cost then
		if w.is_current then
			ring(w, head)
		end
		w.wait, w.shut = wait(w, w.cost), wait(w, 1)
		if w.flags == 's' or w.flags == 'sa' then
			stopped = true
		end
	end
	windows[i] = w
end

for i = 1, #windows do
	local w = windows[i]
	if question == 'add' or (question == 'charge' and
	    (not stopped or w.flags == 'a' or w.flags == 'sa')) then
		local cost = math.min(w.cost, MOST - w.used)
		w.used = w.used + cost
		if w.is_current then
			redis.call('HSET', w.key, 'used', w.used, w.slot, w.own + cost)
		else
			if w.dropped and #w.dropped > 0 then
				redis.call('HDEL', w.key, unpack(w.dropped))
			end
			redis.call('HSET', w.key, 'head', w.head, 'used', w.used,
				w.slot, w.own + cost)
			redis.call('PEXPIRE', w.key, (w.slots + 1) * w.width)
		end
	end
	answer[3 * i - 1], answer[3 * i], answer[3 * i + 1] = w.used, w.wait, w.shut
end

if stopped and question ~= 'add' then
	answer[1] = 0
end
return answer
