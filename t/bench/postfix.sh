#!/bin/bash
# SPDX-License-Identifier: ISC
# The processor time that a milter takes for a message of a real Postfix, of
# the EVALSHA floor and of weir, in turns; mails a second say nothing here,
# Postfix is the cost. Part of `make bench`; needs root.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=t/lib/servers.sh
. t/lib/servers.sh
# shellcheck source=t/lib/postfix.sh
. t/lib/postfix.sh
TURNS=${TURNS:-3}
MESSAGES=${MESSAGES:-2000}
postfix_is_possible || {
	echo "through Postfix: left out, it needs root"
	exit 0
}

# ticks PID: processor time so far, in clock ticks
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}
# cost PID SOCKET: microseconds of processor time a message
cost() {
	local before
	postfix_start bench "unix:$2" >/dev/null
	before=$(ticks "$1")
	smtp-source -A -m "$MESSAGES" -s 20 -f a@x.test -t b@y.test \
		"127.0.0.1:$postfix_port" >/dev/null 2>&1
	echo $((($(ticks "$1") - before) * 1000000 / $(getconf CLK_TCK) /
		MESSAGES))
	postfix_settle
	postfix_stop "$postfix_dir"
}

work_start
redis_start
{
	weir_redis
	echo 'limits = ( { name = "a"; key = "sender"; max = 1000000;
		per = "1h"; action = "tempfail"; } );'
} | weir_config weir
weir_start weir
"$BUILD/t/bench/floor" -S "unix:$work/floor.sock" evalsha \
	-R "$work/redis.sock" >"$work/floor.log" 2>&1 &
echo $! >"$work/floor.pid"
wait_for 20 test -S "$work/floor.sock"
chmod 777 "$work/floor.sock"
floor=$(cat "$work/floor.pid")
echo "processor time of the milter a message, through Postfix"
for _ in $(seq "$TURNS"); do
	of_floor=$(cost "$floor" "$work/floor.sock")
	of_weir=$(cost "$(weir_pid weir)" "$work/run/weir.sock")
	awk -v f="$of_floor" -v w="$of_weir" 'BEGIN {
		printf "  evalsha %d us, weir %d us, ratio %.2f\n", f, w, w / f
		print w / f >"/dev/stderr" }' 2>>"$work/ratios"
done
sort -n "$work/ratios" | awk '{ v[NR] = $1 } END {
	m = v[int((NR + 1) / 2)]
	printf "  median ratio %.2f (%.2f..%.2f), target <= 1.2: %s\n", m, v[1],
		v[NR], m <= 1.2 ? "ok" : "MISSED" }'
