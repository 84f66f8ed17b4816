-- SPDX-License-Identifier: ISC
--
-- Writes the record of one quarantined message, and makes room where there are
-- too many.
--
-- KEYS[1]  index: sorted set, member queue id, score when it was recorded (ms)
-- KEYS[2]  books: hash, field dropped: records that had to go
-- KEYS[3]  the record
-- ARGV[1]  queue id
-- ARGV[2]  the text of the record
-- ARGV[3]  how long it lasts, in ms
-- ARGV[4]  how many records there may be; the oldest go first
--
-- Answer   the queue ids that had to go; their records are the caller's to
--          delete

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local life = tonumber(ARGV[3])

redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
-- those that have expired; two for each that comes, so that they get fewer
local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf',
	string.format('%.0f', now - life), 'LIMIT', 0, 2)
if #over > 0 then
	redis.call('ZREM', KEYS[1], unpack(over))
end
local gone = redis.call('ZRANGE', KEYS[1], 0, -1 - ARGV[4])
if #gone > 0 then
	redis.call('ZREM', KEYS[1], unpack(gone))
	redis.call('HINCRBY', KEYS[2], 'dropped', #gone)
	redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return gone
