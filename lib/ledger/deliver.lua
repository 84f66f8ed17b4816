-- SPDX-License-Identifier: ISC
--
-- Adds to windows what a milter has charged while Redis was away, bucket by
-- bucket, once.
--
-- KEYS[1]  the receipt of this delivery: if it is there, all was done before
-- KEYS[2+] one window each (see charge.lua), all different
-- ARGV[1]  how long the receipt is kept, in ms
-- ARGV     for each window: width of a bucket in ms, slots of the ring, what it
--          must hold at least afterwards (so much the milter alone has
--          charged) and the age in ms of the bucket that gets what lacks, how
--          many buckets follow, then for each of those its age in ms (of its
--          newest moment) and its count
--
-- Answer   how many windows were charged: all, but for those that are no
--          windows; -1: they had been before

if redis.call('EXISTS', KEYS[1]) == 1 then
	return -1
end

local MOST = 9007199254740992
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The buckets that still count, by number.
local function read(key, head, slots)
	local buckets = {}
	local all = redis.pcall('HGETALL', key)
	if all.err then
		return nil
	end
	local fields = {}
	for i = 1, #all, 2 do
		fields[all[i]] = tonumber(all[i + 1])
	end
	for field, count in pairs(fields) do
		local slot = tonumber(field)
		if slot and fields.head then
			local bucket = fields.head - (fields.head - slot) % slots
			if bucket <= head and bucket > head - slots then
				buckets[bucket] = count
			end
		end
	end
	return buckets
end

-- Adds what lacks to a bucket, if that still counts.
local function fill(buckets, floor, bucket, oldest)
	for _, count in pairs(buckets) do
		floor = floor - count
	end
	if floor > 0 and bucket > oldest then
		buckets[bucket] = (buckets[bucket] or 0) + floor
	end
end

local function write(key, buckets, head, width, slots)
	local words, used = {}, 0
	for bucket, count in pairs(buckets) do
		words[#words + 1] = string.format('%.0f', bucket % slots)
		words[#words + 1] = string.format('%.0f', count)
		used = used + count
	end
	if #words == 0 then
		return
	end
	if used > MOST then
		used = MOST
	end
	redis.call('DEL', key)
	redis.call('HSET', key, 'head', string.format('%.0f', head), 'used',
		string.format('%.0f', used), unpack(words))
	-- that of a charge now: one that follows in this bucket leaves it be
	redis.call('PEXPIRE', key,
		string.format('%.0f', (head + slots) * width - now))
end

redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
local at, done = 2, 0
for i = 2, #KEYS do
	local width, slots = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
	local floor, floor_age = tonumber(ARGV[at + 2]), ARGV[at + 3]
	local count = tonumber(ARGV[at + 4])
	local head = math.floor(now / width)
	local buckets = read(KEYS[i], head, slots)
	at = at + 5
	for _ = 1, count do
		local bucket = math.floor((now - ARGV[at]) / width)
		if buckets and bucket > head - slots then
			buckets[bucket] = (buckets[bucket] or 0) + ARGV[at + 1]
		end
		at = at + 2
	end
	if buckets then
		fill(buckets, floor, math.floor((now - floor_age) / width), head - slots)
		write(KEYS[i], buckets, head, width, slots)
		done = done + 1
	end
end
return done
