#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis absent, stopped and killed: no message waits, none is lost, and each
# on_failure does what it says.
# The deadline is a long one: what waits for it stands out, however busy the
# machine is.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start

load() {
	local name=$1
	shift
	"$BUILD/t/bench/load" -j -S "unix:$work/run/$name.sock" -s 1 "$@"
}
# below NUMBER MOST (both may have a fraction)
below() {
	[ "${1%.*}" -lt "$2" ]
}
for mode in local accept tempfail; do
	{
		weir_redis "timeout = \"2s\"; on_failure = \"$mode\";"
		cat <<'EOF'
limits = ( { name = "ten"; key = "sender"; max = 10; per = "1h";
	action = "reject"; } );
EOF
	} | weir_config "$mode"
done

# verdicts NAME: accepted/tempfailed/rejected of 100 messages in 10 sessions
verdicts() {
	load "$1" -c 10 -m 100 >"$work/out"
	echo "$(field accepted <"$work/out")/$(field tempfailed <"$work/out")/$(
		field rejected <"$work/out")"
}
slowest() {
	field message_max_us <"$work/out"
}

# absent at start
for mode in local accept tempfail; do
	weir_start "$mode"
done
is "$(verdicts local)" 10/0/90 "absent, local: the limit holds in the process"
is "$(verdicts accept)" 100/0/0 "absent, accept: all pass"
is "$(verdicts tempfail)" 0/100/0 "absent, tempfail: all are asked to come back"
ok "and nobody waits for the deadline ($(slowest) us at the most)" \
	below "$(slowest)" 2000000

# there
redis_start
for mode in local accept tempfail; do
	ok "$mode: Redis is noticed" \
		wait_for 20 grep -q 'back after' "$work/$mode.log"
done
sleep 1.1 # the refusal cache forgets
is "$(verdicts tempfail)" 0/0/100 \
	"there: what a process let in meanwhile counts in Redis"
redis FLUSHALL >/dev/null
sleep 1.1
is "$(verdicts tempfail)" 10/0/90 "and the limit holds there"
sed 's/2s/1s/; s/local.sock/brief.sock/' "$work/local.conf" >"$work/brief.conf"
weir_start brief

# stopped: it takes connections and never answers
redis_signal STOP
: >"$work/local.log"
load brief -m 1 >"$work/out"
weir_stop brief
like "$(<"$work/brief.log")" 'charges to 1 windows may be lost' \
	"one that ends before it has noticed logs what may be lost"
verdicts accept >"$work/verdict"
is "$(<"$work/verdict")" 100/0/0 "stopped, accept: all pass"
ok "none of them later than the deadline and a bit ($(slowest) us)" \
	below "$(slowest)" 10000000
verdicts accept >/dev/null
ok "with the breaker open none waits at all ($(slowest) us)" \
	below "$(slowest)" 2000000
sleep 1.1
is "$(verdicts tempfail)" 0/100/0 "stopped, tempfail: all are asked to come back"

# and goes on, after the outage was noticed
for mode in accept tempfail; do
	wait_for 20 grep -q 'down: it does not answer' "$work/$mode.log"
done
redis_signal CONT
back() {
	[ "$(grep -c 'back after' "$work/$1.log")" -ge "$2" ]
}
for mode in accept tempfail; do
	ok "$mode: it is noticed again" wait_for 20 back "$mode" 2
done
sleep 1.1
is "$(verdicts tempfail)" 0/0/100 "the windows are what they were"

# killed under load, with answers under way
load accept -c 20 -t 2 >"$work/out" &
load_job=$!
sleep 0.7
redis_kill
wait "$load_job"
is "$(field lost <"$work/out")" 0 "killed under load: no message is lost"
ok "and none waits longer than the deadline and a bit ($(slowest) us)" \
	below "$(slowest)" 10000000
is "$(grep -c 'down:' "$work/accept.log")" 3 \
	"each outage is told once, when it begins"
for mode in local accept tempfail; do
	weir_stop "$mode"
	is $? 0 "$mode: it stops while Redis is away"
done
done_testing
