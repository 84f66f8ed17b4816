# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # what a disturbance leaves is for t/soak
# What is done to Redis and to the milters a and b while traffic goes on, and
# what may come of it. Each leaves, for the balance:
#
#   expect     keep   Redis has what it had, and what was accepted
#              flush  without $flushed, which it had when it was emptied, which
#                     was at $flushed_ms
#              books  what was accepted by the processes that live now
#              dump   what the window of a minute had, and what was accepted
#   least, most       how far off it may be
#   hot_most          how much of the hot sender may be let in

hot_max=40

# pause MOST_MS: for a random time, at least 100 ms
pause() {
	local ms=$((100 + RANDOM % $1))
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
}

# bound LEAST MOST HOT_MOST
bound() {
	least=$1 most=$2 hot_most=$3
}

# Each question whose answer was on its way may be counted twice; in an outage
# each milter lets in up to max by itself.
bound_outage() {
	bound 0 "$traffic_sessions" $((2 * hot_max))
}

disturb_none() {
	expect=keep
	bound 0 0 $hot_max
	sleep "$1"
}

# Stopped for longer than redis.timeout, and woken.
disturb_stop() {
	expect=keep
	bound_outage
	redis_signal STOP
	sleep 1.5
	pause 3000
	redis_signal CONT
}

disturb_full() {
	expect=keep
	bound_outage
	redis CONFIG SET maxmemory 1 >/dev/null
	pause 4000
	redis CONFIG SET maxmemory 0 >/dev/null
}

# Its master is one that does not answer.
disturb_replica() {
	expect=keep
	bound_outage
	redis REPLICAOF 127.0.0.1 1 >/dev/null
	pause 4000
	redis REPLICAOF NO ONE >/dev/null
}

disturb_scripts() {
	expect=keep
	bound 0 0 $hot_max
	for _ in 1 2 3 4 5; do
		redis SCRIPT FLUSH >/dev/null
		pause 800
	done
}

disturb_clients() {
	expect=keep
	bound 0 $((3 * traffic_sessions)) $((2 * hot_max))
	for _ in 1 2 3; do
		redis CLIENT KILL TYPE normal >/dev/null
		pause 1500
	done
}

# What was in Redis at that moment is read in the same transaction.
disturb_flush() {
	expect=flush
	bound 0 0 $((2 * hot_max))
	flushed_ms=$((${EPOCHREALTIME/[.,]/} / 1000))
	flushed=$(printf '%s\n' MULTI "HGET $total used" FLUSHALL EXEC |
		redis | tail -n 2 | head -n 1)
	flushed=${flushed:-0}
}

# Killed, and back with nothing: the milters put back what they have charged.
disturb_kill() {
	expect=books
	bound 0 0 $((2 * hot_max))
	redis_kill
	rm -f "$work/dump.rdb"
	pause 3000
	redis_start
}

# The same while nobody asks, so that no milter notices.
disturb_unseen() {
	expect=books
	bound 0 0 $((2 * hot_max))
	traffic_pause
	redis_kill
	rm -f "$work/dump.rdb"
	redis_start
	traffic_resume
}

# The fullest bucket of the tide, which has one a second.
fullest_bucket() {
	redis HGETALL "$tide" | awk 'NR % 2 { field = $1; next }
		field ~ /^[0-9]+$/ && $1 > most { most = $1 }
		END { print most + 0 }'
}

# Killed, and back with what it had some seconds before. Each milter puts back
# what it has charged since its last word in the dump: of the bucket of that
# moment a part in proportion, and what was charged between the word and the
# dump, a second or two, is in both.
disturb_dump() {
	local bucket
	expect=dump
	redis SAVE >/dev/null
	sleep 6
	bucket=$(fullest_bucket)
	redis_kill
	pause 2000
	redis_start
	rm -f "$work/dump.rdb"
	bound $((-2 * bucket)) $((4 * bucket)) $((3 * hot_max))
}

disturb_reload() {
	expect=keep
	bound 0 0 $hot_max
	for _ in 1 2 3; do
		weir_signal a USR1
		pause 500
		weir_signal b USR1
		pause 500
	done
}

restart() {
	weir_stop b
	cp "$work/b.log" "$work/b.last"
	cat "$work/b.log" >>"$work/b.past.log"
	weir_start b || exit 1
}

# What is charged just when it ends may not be told to the MTA.
disturb_restart() {
	expect=keep
	bound 0 "$traffic_sessions" $hot_max
	restart
}

# Its debts are lost with it, its log says so.
disturb_debts() {
	expect=keep
	redis_signal STOP
	sleep 3
	restart
	sleep 1
	redis_signal CONT
	grep -q 'windows may be lost' "$work/b.last" || debts_untold=1
	bound debts "$traffic_sessions" $((3 * hot_max))
}

disturbances="stop kill unseen dump flush full replica scripts clients reload \
restart debts"
