#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What noticing a flood costs, in turns beside a build that notices none: calm
# mail, a flood that is refused, and calm mail of others beside an open
# incident, while headers are looked at. Part of `make bench`; README.md says
# what the rows are.
#
#   BASE=PATH          a build directory of an older weir to compare with; without
#                      it the same build, with journal and evidence off
#   TURNS=5            how often each has its turn
#   SECONDS_PER_RUN=3  how long one turn is
#   BUILD=build        where the programs are
#
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
set -u
export LC_ALL=C
TURNS=${TURNS:-5}
SECONDS_PER_RUN=${SECONDS_PER_RUN:-3}
BASE=${BASE:-}
built=$BUILD
load=$BUILD/t/bench/load

# The flood has a limit of its own, and no sender of the calm mail is ever near
# one.
limits='limits = (
  { name = "own"; key = "sender"; max = 100; per = "1h"; action = "reject";
    match = { sender = [ "sender0@bench.example" ]; }; },
  { name = "rest"; key = "sender"; max = 1000000; per = "1h";
    action = "reject"; },
  { name = "client"; key = "client"; max = 100000000; per = "1h";
    action = "reject"; } );'
calm='-f 1 -s 500'
flood='-s 1'

config_of() { # new|old
	weir_redis
	echo "$limits"
	if [ "$1" = new ]; then
		echo "journal = { directory = \"$work/journal\"; };"
	elif [ -z "$BASE" ]; then
		echo 'evidence = { headers = "never"; };'
	fi
}

# Of a build that knows no journal the setting goes.
configure() { # new|old
	config_of "$1" | weir_config a
	if [ "$1" = new ]; then
		sed -i '/^journal = ""/d' "$work/a.conf"
	elif [ -n "$BASE" ]; then
		sed -i '/^journal/d' "$work/a.conf"
	fi
	BUILD=$built
	[ "$1" = new ] || BUILD=${BASE:-$built}
}

field() { # key, file
	sed -n "s/.*\"$1\":\\([0-9.]*\\).*/\\1/p" "$2"
}

cpu_ticks() { # pid
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

drive() { # load options...
	"$load" -S "unix:$work/run/a.sock" "$@"
}

# One that writes on every half second keeps the incident open.
keep_open() {
	while drive -c 1 -m 1 -s 1 >"$work/kept" 2>&1; do
		sleep 0.5
	done
}

# "messages/s, milter us a message, redis us a message" of one turn
turn() { # new|old, calm|flood|beside
	local options=$calm pid redis_pid keeper='' own theirs all

	[ "$2" != flood ] || options=$flood
	redis FLUSHALL >/dev/null
	configure "$1"
	weir_start a >/dev/null || exit 1
	if [ "$2" = beside ]; then
		drive -c 5 -t 1 -s 1 >"$work/warm"
	fi
	# shellcheck disable=SC2086 # options
	drive -c 20 -t 1 $options -H 12 >"$work/warm"
	if [ "$2" = beside ]; then
		keep_open &
		keeper=$!
	fi
	pid=$(weir_pid a)
	redis_pid=$(<"$work/redis.pid")
	own=$(cpu_ticks "$pid")
	theirs=$(cpu_ticks "$redis_pid")
	# shellcheck disable=SC2086
	drive -j -c 20 -t "$SECONDS_PER_RUN" $options -H 12 >"$work/turn"
	own=$(($(cpu_ticks "$pid") - own))
	theirs=$(($(cpu_ticks "$redis_pid") - theirs))
	if [ -n "$keeper" ]; then
		kill "$keeper"
		wait "$keeper" 2>/dev/null
	fi
	[ "$1$2" != newbeside ] || [ "$(redis GET 'weir:{incidents}:next')" ] ||
		echo "bench: no incident was open" >&2
	weir_stop a >/dev/null
	all=$(field messages "$work/turn")
	awk -v all="$all" -v s="$SECONDS_PER_RUN" -v own="$own" \
		-v theirs="$theirs" 'BEGIN {
		printf "%.0f %.2f %.2f\n", all / s, own * 10000 / all,
			theirs * 10000 / all }'
}

spread() {
	sort -g | awk '{ v[NR] = $1 } END {
		m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		print m, v[1], v[NR] }'
}

# The median ratio of the turns, and whether it is what was asked for.
row() { # what, scene, target
	local speed cpu

	speed=$(paste "$work/new.$2" "$work/old.$2" |
		awk '{ print $1 / $4 }' | spread)
	cpu=$(paste "$work/new.$2" "$work/old.$2" |
		awk '{ print $5 / $2 }' | spread)
	echo "$speed $cpu $(cut -d' ' -f2 "$work/new.$2" | spread) \
		$(cut -d' ' -f3 "$work/new.$2" | spread)" |
		awk -v what="$1" -v target="$3" '{
		word = "MISSED"
		if ($4 >= target)
			word = "ok by processor time"
		if ($1 >= target)
			word = "ok"
		printf "%-36s %5.2f (%.2f..%.2f) %5.2f (%.2f..%.2f) %5.0f %5.0f  >= %s %s\n",
			what, $1, $2, $3, $4, $5, $6, $7, $10, target, word }'
}

[ -x "$load" ] || skip_all "$load is missing: make bench"
[ -z "$BASE" ] || [ -x "$BASE/weir-milter" ] || {
	echo "bench: BASE=$BASE has no weir-milter" >&2
	exit 1
}
work_start
redis_start
mkdir "$work/journal"
[ -z "$test_user" ] || chown "$test_user" "$work/journal"
for _ in $(seq "$TURNS"); do
	for scene in calm flood beside; do
		for which in old new; do
			turn $which $scene >>"$work/$which.$scene"
		done
	done
done
printf '\nnoticing a flood, of %s, %s turns of %s s\n' \
	"${BASE:-the same without journal and evidence}" "$TURNS" \
	"$SECONDS_PER_RUN"
printf '%-36s %-18s %-18s %5s %5s  %s\n' '' 'messages/s' 'processor time' \
	us Redis target
row 'calm mail' calm 0.97
row 'a flood that is refused' flood 0.95
row 'calm mail beside an open incident' beside 0.85
