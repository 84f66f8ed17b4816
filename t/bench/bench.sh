#!/bin/bash
# SPDX-License-Identifier: ISC
#
# weir beside the floors that any milter stands on, in one run, in turns, as
# ratios: absolute figures say more about the machine than about weir.
#
#   TURNS=3            how often each milter has its turn
#   SECONDS_PER_RUN=4  how long one turn is
#   SUBJECTS=100000    how many senders the memory of Redis is divided by
#   BUILD=build        where the programs are
#   BENCH_USER=nobody  whom weir runs as when root runs this
#
# bench.sh sizing: only the last table, what weir-sizing(7) is made of.
#
# A ratio is taken within each turn, between runs that follow one another;
# what is printed is the median of the turns with the least and the greatest.
# Everything is in a directory of its own and on unix sockets, and is taken
# down at the end. The status is 0 when all could be measured, whether or not
# the targets were met.

set -u
export LC_ALL=C

TURNS=${TURNS:-3}
SECONDS_PER_RUN=${SECONDS_PER_RUN:-4}
SUBJECTS=${SUBJECTS:-100000}
BUILD=${BUILD:-build}
redis_server=${REDIS_SERVER:-redis-server}
BENCH_USER=${BENCH_USER:-nobody}

load=$BUILD/t/bench/load
floor=$BUILD/t/bench/floor
weir=$BUILD/weir-milter

work=
declare -A pid=() # of each milter, by name
redis_pid=
account= # whom weir becomes; empty: it stays who it is

fail()
{
	echo "bench: $*" >&2
	exit 1
}

# shellcheck disable=SC2317  # called by the trap
clean_up()
{
	trap - EXIT INT TERM HUP
	# Only what was started here, by its number.
	# shellcheck disable=SC2046
	kill -KILL $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	[ -z "$work" ] || rm -rf "$work"
}

# --- processes ---------------------------------------------------------

# Waits until the command holds, for ten seconds at most.
wait_for() # what, its log, command...
{
	local what=$1 log=$2 tries=200

	shift 2
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			cat "$log" >&2
			fail "$what did not come up"
		}
		sleep 0.05
	done
}

redis()
{
	redis-cli -s "$work/redis.sock" "$@"
}

start_redis()
{
	"$redis_server" --port 0 --unixsocket "$work/redis.sock" --save '' \
		--unixsocketperm 777 --appendonly no --dir "$work" \
		--daemonize no --maxclients 4000 >"$work/redis.log" 2>&1 &
	redis_pid=$!
	wait_for redis-server "$work/redis.log" redis ping
}

is_up()
{
	kill -0 "${pid[$1]}" && [ -S "$work/$1.sock" ] &&
		"$load" -S "unix:$work/$1.sock" -c 1 -m 1 -s 1 -C 1
}

start_floor() # name, kind
{
	"$floor" -S "unix:$work/$1.sock" -R "$work/redis.sock" "$2" \
		>"$work/$1.log" 2>&1 &
	pid[$1]=$!
	wait_for "the floor $1" "$work/$1.log" is_up "$1"
}

start_weir() # name, limits
{
	[ -d "$work/$1.journal" ] || mkdir -m 777 "$work/$1.journal"
	cat >"$work/$1.conf" <<CONF
listen = "unix:$work/$1.sock";
listen_mode = "0600";
listen_group = "";
user = "$account";
contact = "the bench";
redis = {
  server = "unix:$work/redis.sock";
  prefix = "$1";
  timeout = "5s";
  on_failure = "tempfail";
};
journal = { directory = "$work/$1.journal"; };
limits = (
$2
);
CONF
	"$weir" -c "$work/$1.conf" >"$work/$1.log" 2>&1 &
	pid[$1]=$!
	wait_for "$1" "$work/$1.log" is_up "$1"
}

stop() # name
{
	kill -KILL "${pid[$1]}" 2>/dev/null
	wait "${pid[$1]}" 2>/dev/null
	unset "pid[$1]"
	rm -f "$work/$1.sock"
}

# --- weir's limits -----------------------------------------------------

one_limit='  { name = "sender-minute"; key = "sender";
    max = 1000000000; per = "1m"; action = "tempfail"; }'

# One round trip still: none looks at recipients, so RCPT asks nothing.
five_limits='  { name = "sender-minute"; key = "sender";
    max = 1000000000; per = "1m"; action = "quarantine"; },
  { name = "sender-hour"; key = "sender";
    max = 1000000000; per = "1h"; action = "tempfail"; },
  { name = "domain-hour"; key = "sender_domain";
    max = 1000000000; per = "1h"; action = "tempfail"; },
  { name = "client-minute"; key = "client";
    max = 1000000000; per = "1m"; action = "reject"; },
  { name = "gateway"; key = "all";
    max = 1000000000; per = "1m"; action = "monitor"; }'

flood_limit='  { name = "sender-minute"; key = "sender";
    max = 10; per = "1m"; action = "reject"; count = "accepted"; }'

# Asks at RCPT, too.
rcpt_limit='  { name = "mailbox-minute"; key = "recipient";
    max = 1000000000; per = "1m"; action = "tempfail"; }'

# Each of its buckets is a tenth of a second, so that one run fills them all.
ring_limit='  { name = "sender-ring"; key = "sender";
    max = 1000000000; per = "6s"; action = "tempfail"; }'

# --- measuring ---------------------------------------------------------

field() # key, files with a line of JSON
{
	local key=$1

	shift
	sed -n "s/.*\"$key\":\\([0-9.]*\\).*/\\1/p" "$@"
}

# Processor time of a process so far, in hundredths of a second.
cpu_ticks() # pid
{
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

evalsha_calls()
{
	redis info commandstats |
		sed -n 's/^cmdstat_evalsha:calls=\([0-9]*\).*/\1/p'
}

status_of() # field of /proc/PID/status, name
{
	awk -v field="$1:" '$1 == field { print $2 }' \
		"/proc/${pid[$2]}/status"
}

# One turn of one milter: work/SCENARIO.NAME.TURN has what came out.
run() # scenario, name, turn, what must come of the messages, load options...
{
	local out=$work/$1.$2.$3 name=$2 expected=$4 good all
	local own redis_own

	shift 4
	redis flushall >/dev/null
	redis config resetstat >/dev/null
	own=$(cpu_ticks "${pid[$name]}")
	redis_own=$(cpu_ticks "$redis_pid")
	"$load" -S "unix:$work/$name.sock" -j -t "$SECONDS_PER_RUN" "$@" \
		>"$out" 2>"$work/load.log" || {
		cat "$work/load.log" "$work/$name.log" >&2
		fail "$name: the load failed"
	}
	all=$(field messages "$out")
	good=$(field "$expected" "$out")
	# A milter that does not do what it is measured for is not measured.
	awk -v good="$good" -v all="$all" \
		'BEGIN { exit !(all > 0 && good >= 0.99 * all) }' || {
		cat "$out" "$work/$name.log" >&2
		fail "$name: $good of $all messages were $expected"
	}
	own=$(($(cpu_ticks "${pid[$name]}") - own))
	redis_own=$(($(cpu_ticks "$redis_pid") - redis_own))
	awk -v own=$own -v redis_own=$redis_own -v calls="$(evalsha_calls)" \
		-v all="$all" 'BEGIN { printf \
		"{\"cpu_us\":%.2f,\"redis_us\":%.2f,\"calls\":%.5f}\n",
		own * 10000 / all, redis_own * 10000 / all, calls / all
	}' >"$out.cost"
}

# The milters of a scenario, one after another, TURNS times. A milter is
# NAME, or NAME:VERDICT when its messages are not to be accepted.
scenario() # scenario, milters, load options...
{
	local scenario=$1 milters=$2 turn milter verdict

	shift 2
	for turn in $(seq "$TURNS"); do
		for milter in $milters; do
			verdict=accepted
			[ "$milter" = "${milter%:*}" ] || verdict=${milter#*:}
			run "$scenario" "${milter%:*}" "$turn" "$verdict" "$@"
		done
	done
}

values() # scenario, name, key: one line for each turn
{
	local turn

	for turn in $(seq "$TURNS"); do
		field "$3" "$work/$1.$2.$turn" "$work/$1.$2.$turn.cost"
	done
}

# "median least greatest" of the numbers in standard input.
spread()
{
	sort -g | awk '{ v[NR] = $1 } END {
		if (NR == 0)
			exit
		m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		print m, v[1], v[NR] }'
}

ratios() # scenario, name, other, key
{
	paste <(values "$1" "$2" "$4") <(values "$1" "$3" "$4") |
		awk '{ print ($2 > 0 ? $1 / $2 : 0) }' | spread
}

# --- printing ----------------------------------------------------------

targets=0
missed=0

# A line with its target: the median must be at least or at most that.
judge() # what, median least greatest, ">=" or "<=", target
{
	local what=$1 figures=$2 relation=$3 target=$4 word

	word=$(echo "$figures" | awk -v r="$relation" -v t="$target" '{
		print (r == ">=" ? $1 >= t : $1 <= t) ? "ok" : "MISSED" }')
	targets=$((targets + 1))
	[ "$word" = ok ] || missed=$((missed + 1))
	echo "$figures" | awk -v what="$what" -v r="$relation" -v t="$target" \
		-v word="$word" '{
		printf "%-50s %8.2f  %6.2f..%-8.2f %s %-6s %s\n",
			what, $1, $2, $3, r, t, word }'
}

judge_ratio() # what, scenario, name, other, key, relation, target
{
	judge "$1" "$(ratios "$2" "$3" "$4" "$5")" "$6" "$7"
}

tell_ratio() # what, scenario, name, other, key
{
	ratios "$2" "$3" "$4" "$5" | awk -v what="$1" '{
		printf "%-50s %8.2f  %6.2f..%-8.2f\n", what, $1, $2, $3 }'
}

# What was measured in a scenario, side by side with its floor.
table() # scenario, title, floor, names
{
	local name key
	local -a cells

	printf '\n%s (floor: %s)\n' "$2" "$3"
	printf '%-14s %7s %5s %7s %5s %8s %5s %6s %5s %8s %7s\n' milter \
		msg/s ratio p50/us ratio p99/us ratio cpu/us ratio redis/us \
		EVALSHA
	for name in $4; do
		cells=()
		for key in per_second message_p50_us message_p99_us cpu_us; do
			cells+=("$(values "$1" "$name" "$key" | spread |
				cut -d' ' -f1)")
			cells+=("$(ratios "$1" "$name" "$3" "$key" |
				cut -d' ' -f1)")
		done
		for key in redis_us calls; do
			cells+=("$(values "$1" "$name" "$key" | spread |
				cut -d' ' -f1)")
		done
		printf '%-14s %7.0f %5.2f %7.0f %5.2f %8.0f %5.2f' "$name" \
			"${cells[@]:0:6}"
		printf ' %6.1f %5.2f %8.1f %7.3f\n' "${cells[@]:6:4}"
	done
}

heading()
{
	printf '\n%-50s %8s  %-16s %s\n' "$1" median "least..greatest" target
}

# --- the parts ---------------------------------------------------------

start_floors()
{
	local kind

	for kind in empty lean evalsha lean-evalsha; do
		start_floor $kind $kind
	done
	start_floor evalsha-again evalsha
}

start_weirs()
{
	start_weir weir-1 "$one_limit"
	start_weir weir-5 "$five_limits"
	start_weir weir-rcpt "$rcpt_limit"
	start_weir weir-flood "$flood_limit"
}


measure_throughput()
{
	local all='empty lean evalsha lean-evalsha evalsha-again weir-1 weir-5'
	local short='empty lean evalsha lean-evalsha weir-1'
	local few='empty evalsha weir-1'

	scenario c50p20 "$all" -c 50 -p 20
	scenario c50p1 "$short" -c 50 -p 1
	scenario c10p20 "$few" -c 10 -p 20
	scenario c1p20 "$few" -c 1 -p 20
	scenario flood "empty weir-flood:rejected" -c 50 -p 20 -s 1
	table c50p20 '50 connections, 20 messages each' evalsha "$all"
	table c50p1 '50 connections, 1 message each' evalsha "$short"
	table c10p20 '10 connections, 20 messages each' evalsha "$few"
	table c1p20 '1 connection, 20 messages' evalsha "$few"
	table flood 'a flood from one sender, 50 connections' empty \
		'empty weir-flood'
}

judge_throughput()
{
	heading 'messages/s, of the EVALSHA floor'
	tell_ratio 'the floor itself a second time: the noise' \
		c50p20 evalsha-again evalsha per_second
	judge_ratio 'one limit, 50 connections, 20 messages each' \
		c50p20 weir-1 evalsha per_second '>=' 1.0
	judge_ratio 'one limit, 50 connections, 1 message each' \
		c50p1 weir-1 evalsha per_second '>=' 1.2
	judge_ratio 'five limits, 50 connections, 20 messages each' \
		c50p20 weir-5 evalsha per_second '>=' 0.9
	judge_ratio 'one limit, 1 connection, 20 messages' \
		c1p20 weir-1 evalsha per_second '>=' 0.75
	tell_ratio 'one limit, of the lean EVALSHA floor, 50 x 20' \
		c50p20 weir-1 lean-evalsha per_second
	tell_ratio 'one limit, of the lean EVALSHA floor, 50 x 1' \
		c50p1 weir-1 lean-evalsha per_second

	heading 'p99 of a message, of the EVALSHA floor'
	tell_ratio 'the floor itself a second time: the noise' \
		c50p20 evalsha-again evalsha message_p99_us
	judge_ratio 'one limit, 10 connections' \
		c10p20 weir-1 evalsha message_p99_us '<=' 1.0
	judge_ratio 'one limit, 50 connections' \
		c50p20 weir-1 evalsha message_p99_us '<=' 1.0

	heading 'refusing a flood, messages/s of the empty milter'
	judge_ratio '50 connections, 20 messages each' \
		flood weir-flood empty per_second '>=' 1.5

	heading 'EVALSHA calls per message'
	judge 'one limit' "$(values c50p20 weir-1 calls | spread)" '<=' 1.0
	judge 'five limits' "$(values c50p20 weir-5 calls | spread)" '<=' 1.0
	judge 'the flood' "$(values flood weir-flood calls | spread)" '<=' 0.01
}

redis_memory()
{
	redis info memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'
}

# Bytes of Redis memory for each subject after one message from each of so
# many senders: all that Redis needs for it, and what MEMORY USAGE says of a
# key. Prints both.
memory_of_senders() # name, senders
{
	local before after key

	redis flushall >/dev/null
	# The connections of the milter and their buffers are there already.
	"$load" -S "unix:$work/$1.sock" -c 50 -m 1000 -s 1 >/dev/null ||
		fail "$1: the load failed"
	redis flushall >/dev/null
	before=$(redis_memory)
	"$load" -S "unix:$work/$1.sock" -c 50 -m "$2" -s "$2" >/dev/null ||
		fail "$1: the load failed"
	after=$(redis_memory)
	[ "$(redis dbsize)" -ge "$2" ] ||
		fail "$1: $(redis dbsize) keys for $2 senders"
	key=$(redis randomkey)
	awk -v bytes=$((after - before)) -v subjects="$2" \
		-v usage="$(redis memory usage "$key" samples 0)" \
		'BEGIN { print bytes / subjects, usage }'
}

# MEMORY USAGE of keys whose rings are full: "median least greatest". Fewer
# senders than messages in a tenth of a second, for longer than the window.
memory_of_rings() # name
{
	local keys key

	redis flushall >/dev/null
	"$load" -S "unix:$work/$1.sock" -c 50 -t 7 -s 50 >/dev/null ||
		fail "$1: the load failed"
	keys=$(redis keys '*')
	for key in $keys; do
		[ "$(redis hlen "$key")" -ge 60 ] 2>/dev/null || continue
		redis memory usage "$key" samples 0
	done | spread
}

# Resident memory (KB) and threads with so many idle connections.
footprint() # name, idle connections
{
	local holder=

	if [ "$2" -gt 0 ]; then
		"$load" -S "unix:$work/$1.sock" -c 0 -i "$2" \
			>"$work/holding" 2>&1 &
		holder=$!
		wait_for "$2 idle connections" "$work/holding" \
			grep -q "^holding $2" "$work/holding"
	fi
	echo "$(status_of VmRSS "$1") $(status_of Threads "$1")"
	[ -z "$holder" ] || kill -TERM "$holder"
	[ -z "$holder" ] || wait "$holder"
}

judge_memory()
{
	local one ring

	heading "Redis memory, bytes"
	one=$(memory_of_senders weir-1 "$SUBJECTS")
	judge "one message, all of Redis over $SUBJECTS subjects" \
		"${one% *} ${one% *} ${one% *}" '<=' 300
	judge 'one message, MEMORY USAGE of a key' \
		"${one#* } ${one#* } ${one#* }" '<=' 300
	start_weir ring "$ring_limit"
	ring=$(memory_of_rings ring)
	stop ring
	if [ -z "$ring" ]; then
		echo "full ring: too slow here to fill one, not measured"
	else
		judge 'a full ring, MEMORY USAGE of a key' "$ring" '<=' 700
	fi
}

# Processor time is least where nothing else was in the way.
print_sizing()
{
	scenario sizing 'weir-1 weir-5 weir-rcpt' -c 10 -p 20 -s 500
	scenario sizing-flood weir-flood:rejected -c 10 -p 20 -s 1
	scenario sizing-p1 weir-1 -c 10 -p 1 -s 500
	printf '\n%-36s %9s %9s %8s\n' 'a message, least of the turns' \
		milter/us Redis/us EVALSHA
	sizing_row 'one limit' sizing weir-1
	sizing_row 'five limits' sizing weir-5
	sizing_row 'one limit by recipient' sizing weir-rcpt
	sizing_row 'one limit, alone in its connection' sizing-p1 weir-1
	sizing_row 'refused in a flood' sizing-flood weir-flood
}

sizing_row() # what, scenario, name
{
	local key
	local -a cells=()

	for key in cpu_us redis_us calls; do
		cells+=("$(values "$2" "$3" "$key" | spread |
			cut -d' ' -f2)")
	done
	printf '%-36s %9.0f %9.1f %8.3f\n' "$1" "${cells[@]}"
}

print_footprints()
{
	local name idle

	printf '\n%-26s %10s %10s\n' 'milter, idle connections' 'RSS/KB' \
		threads
	for name in evalsha weir-1; do
		stop "$name"
		[ $name = weir-1 ] && start_weir weir-1 "$one_limit"
		[ $name = evalsha ] && start_floor evalsha evalsha
		for idle in 0 500; do
			# shellcheck disable=SC2046,SC2183  # two words
			printf '%-26s %10d %10d\n' "$name, $idle" \
				$(footprint $name $idle)
		done
	done
}

main()
{
	local program

	for program in "$load" "$floor" "$weir"; do
		[ -x "$program" ] || fail "$program is missing: make first"
	done
	command -v "$redis_server" >/dev/null || fail "$redis_server is missing"
	trap clean_up EXIT
	trap 'exit 130' INT TERM HUP
	work=$(mktemp -d "${TMPDIR:-/tmp}/weir-bench.XXXXXX") ||
		fail "no directory to work in"
	if [ "$(id -u)" -eq 0 ]; then
		account=$BENCH_USER
		chown "$account" "$work" || fail "no account $account"
	fi
	start_redis
	start_weirs
	[ "${1:-}" != sizing ] || {
		print_sizing
		exit 0
	}
	start_floors
	printf 'weir beside its floors: %s turns of %s s each, on %s cores\n' \
		"$TURNS" "$SECONDS_PER_RUN" "$(nproc)"
	measure_throughput
	judge_throughput
	judge_memory
	print_footprints
	print_sizing
	printf '\n%s of %s targets met\n' $((targets - missed)) $targets
}

main "$@"
