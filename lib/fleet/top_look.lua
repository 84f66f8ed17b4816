-- SPDX-License-Identifier: ISC
--
-- Reads the index of the windows near their limit.
--
-- KEYS[1]  index, KEYS[2]  more: see board.lua
-- ARGV[1]  how many members to read at most; the highest rank first
--
-- Answer   the time in ms as a text, the members, and how many windows of more
--          are not over yet

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local more = redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')
return { now, redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1), #more }
