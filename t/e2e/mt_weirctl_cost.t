#!/bin/bash
# SPDX-License-Identifier: ISC
# What weirctl's eyes and hands cost the mail while nobody uses them: nothing.
# Each message is one EVALSHA; the housekeeping asks so much a second, however
# much mail there is.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
# shellcheck disable=SC2016,SC2086 # the $v of json is Perl; words are many
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
limits = (
  { name = "one"; key = "sender"; max = 100; per = "1h"; action = "reject"; },
  { name = "two"; key = "sender_domain"; max = 1000000; per = "1d";
    action = "reject"; },
  { name = "three"; key = "client"; max = 1000000; per = "1m";
    action = "tempfail"; }
);
EOT
} | weir_config a
weir_start a
wait_for 20 ask_is 1 'scalar @{$v->{milters}}' status

# has_rounds NAME: two of the housekeeping, which each ask once who listens
has_rounds() {
	[ "$(grep -ci ' "pubsub" ' "$work/$1.all")" -ge 3 ]
}

# listen NAME COMMAND...: what Redis is asked meanwhile, in 3 s at the least,
# and not from within scripts: one word a line in NAME
listen() {
	local name=$1 monitor slept begun
	shift
	redis-cli -s "$work/redis.sock" MONITOR >"$work/$name.all" &
	monitor=$!
	echo "$monitor" >"$work/monitor.pid"
	wait_for 5 test -s "$work/$name.all"
	begun=${EPOCHREALTIME/[.,]/}
	sleep 3 &
	slept=$!
	"$@" >"$work/$name.sent"
	wait "$slept"
	wait_for 20 has_rounds "$name"
	echo $(((${EPOCHREALTIME/[.,]/} - begun) / 1000)) >"$work/$name.ms"
	# MONITOR may be behind
	redis ECHO "end of $name" >/dev/null
	wait_for 20 grep -q "end of $name" "$work/$name.all"
	rm -f "$work/monitor.pid"
	kill "$monitor"
	wait "$monitor" 2>/dev/null
	grep -v ' lua\] ' "$work/$name.all" |
		sed -n 's/^[0-9.]* \[[^]]*\] "\([A-Za-z]*\)".*/\U\1/p' >"$work/$name"
}
asked() {
	grep -c "$2" "$work/$1"
}
# others NAME: all but what mail costs, in three rounds of the housekeeping, which
# are three seconds, and more on a busy machine
others() {
	grep -vE '^(EVALSHA|ECHO)$' "$work/$1" | awk '
		{ asked++ }
		/^PUBSUB$/ { if (rounds++) all += asked; asked = 0 }
		END { print int(all * 3 / (rounds - 1)) }'
}

listen idle true
is "$(asked idle '^EVALSHA$')" 0 "without mail there is no EVALSHA"
idle=$(others idle)
# some twenty a second
ok "the housekeeping asks something, little each second ($idle in 3 s)" \
	test "$idle" -ge 1 -a "$idle" -le 80
diag "$(sort "$work/idle" | uniq -c | tr -s ' \n' ' ')"

before=$(redis_calls evalsha)
listen some load a -c 4 -m 200 -s 100
listen many load a -c 20 -m 2000 -s 100
is "$(field accepted <"$work/many.sent")" 2000 "2,000 messages are accepted"
is "$(($(redis_calls evalsha) - before))" 2200 \
	"2,200 messages: 2,200 EVALSHA, for three limits"
is "$(asked many '^EVALSHA$')" 2000 "one each"
some=$(others some) many=$(others many)
ok "200 messages: the housekeeping asks as before ($some)" \
	test "$some" -le $((idle + 10))
ok "2,000 messages: and as before ($many)" test "$many" -le $((idle + 10))
is "$(asked many PUBLISH)" 0 "nobody watches: nothing is published"
is "$(redis EXISTS 'weir:{busy}:index')" 0 \
	"nobody is above half: nobody is noted"
is "$(redis EXISTS 'weir:{orders}:book' 'weir:{orders}:log')" 0 \
	"and there are no orders"

# everybody above half: 100 windows, noted together
listen busy load a -c 20 -m 4000 -s 100
busy=$(others busy)
ok "100 senders above half are noted together ($busy)" \
	test "$busy" -le $((idle + 20))
is "$(asked busy '^EVALSHA$')" 4000 "and mail costs the same"
ok "and are all on top" wait_for 20 ask_is 100 'scalar @$v' top --rows 1000

# and a watcher
ctl_begin seen watch
watch_is_known 1 1
listen watched load a -c 20 -m 500 -s 1000
ctl_end seen
is $? 0 "Ctrl-C ends watch with 0"
is "$(asked watched '^EVALSHA$')" 500 "somebody watches: mail costs the same"
ok "and the verdicts go in few words ($(asked watched PUBLISH))" \
	test "$(asked watched PUBLISH)" -ge 1 -a \
	"$(asked watched PUBLISH)" -le $((32 * $(<"$work/watched.ms") / 3000 + 1))
is "$(grep -c bench.example "$work/seen")" 500 "all of them"
weir_stop a
done_testing
