# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Private servers for tests and the demo: a redis-server, weir-milter, and a
# Postfix that delivers nowhere, all in one temporary directory and on
# loopback or unix sockets only. Everything is stopped and removed when the
# shell exits, however it exits.
#
#   work            the directory
#   BUILD           where weir-milter is (build)
#   REDIS_SERVER    the program (redis-server), or valkey-server

BUILD=${BUILD:-build}
REDIS_SERVER=${REDIS_SERVER:-redis-server}
work=
servers_lib=${BASH_SOURCE[0]%/*}
[[ $servers_lib == /* ]] || servers_lib=$PWD/$servers_lib

# A user for weir-milter when root runs the tests: it refuses to stay root.
test_user=
if [ "$EUID" -eq 0 ]; then
	test_user=nobody
fi

work_start() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/weir-test-XXXXXX") || exit 1
	chmod 755 "$work"
	install -d -m 755 ${test_user:+-o "$test_user"} "$work/run"
	mkfifo "$work/nothing"
	export WEIR_TEST=$work # so that left_behind() knows its processes
	trap work_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

work_end() {
	local code=$?
	trap - EXIT HUP INT TERM
	local file pid pids=()
	for file in "$work"/postfix*/etc; do
		[ -d "$file" ] && postfix_stop "${file%/*}"
	done
	for file in "$work"/sendmail*/pid; do
		[ -f "$file" ] && sendmail_stop "${file%/*}"
	done
	for file in "$work"/*.pid; do
		[ -f "$file" ] && end_pid "$(<"$file")" && pids+=("$(<"$file")")
	done
	for pid in "${pids[@]}"; do
		await_end "$pid"
	done
	end_coprocesses
	end_left_behind || code=1
	# what a sanitizer has found fails the test, whatever else it said
	if grep -qs 'Sanitizer\|runtime error' "$work"/*.log; then
		grep -h -A 20 'Sanitizer\|runtime error' "$work"/*.log |
			sed 's/^/# /'
		code=1
	fi
	rm -rf "$work"
	exit "$code"
}

# A coprocess ends when its input does. The shell's own descriptor is 255.
end_coprocesses() {
	local fd
	for fd in "/proc/$$/fd"/*; do
		fd=${fd##*/}
		[ "$fd" -gt 2 ] && [ "$fd" -lt 255 ] && eval "exec $fd>&-"
	done
}

# What runs on that was started by this test, or by what it has started.
left_behind() {
	(unset WEIR_TEST && grep -lszx "WEIR_TEST=$work" /proc/[0-9]*/environ |
		sed 's|^/proc/\([0-9]*\)/environ$|\1|')
}
nothing_is_left() {
	! (unset WEIR_TEST &&
		exec grep -qszx "WEIR_TEST=$work" /proc/[0-9]*/environ)
}

# A test has to end what it starts; what needs a moment to end gets it.
end_left_behind() {
	local pid
	wait_for 3 nothing_is_left && return
	for pid in $(left_behind); do
		echo "# left behind: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		kill -KILL "$pid"
	done 2>/dev/null
	return 1
}

# kill -CONT first: a stopped process does not hear anything else.
end_pid() {
	kill -CONT "$1" && kill -TERM "$1"
} 2>/dev/null

await_end() {
	local tries=100
	while [ $((tries--)) -gt 0 ]; do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.05
	done
	kill -KILL "$1" 2>/dev/null
}

stop_pid_file() {
	local pid
	pid=$(<"$1")
	rm -f "$1"
	! end_pid "$pid" || await_end "$pid"
}

# sleep SECONDS: as sleep(1), which is a program.
sleep() {
	if [ -p "$work/nothing" ]; then
		! read -rt "$1" <>"$work/nothing"
	else
		command sleep "$1"
	fi
}

# wait_for SECONDS COMMAND...: until it succeeds. To ask costs more than to wait,
# so the longer it takes the less often it is asked.
wait_for() {
	local left=$(($1 * 100)) pause=5
	shift
	# a comparison of words was read before the wait: it never changes
	[[ ! "$1 ${3-}" =~ ^(test|\[)\ (!?=|-[a-z][a-z])$ ]] || {
		echo "# wait_for $*: write a function"
		return 2
	}
	while [ "$left" -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep ".$((pause / 10))$((pause % 10))"
		left=$((left - pause))
		[ "$pause" -ge 25 ] || pause=$((pause + 1))
	done
	return 1
}

# Does an SMTP server greet on this port of 127.0.0.1?
smtp_answers() {
	local greeting smtp
	exec {smtp}<>"/dev/tcp/127.0.0.1/$1" || return 1
	read -rt 5 greeting <&"$smtp"
	exec {smtp}>&-
	[[ $greeting == 220* ]]
}

# file_has TEXT FILE: grep -qF, which is a program, for wait_for.
file_has() {
	[[ $(<"$2") == *"$1"* ]]
}

# helper WORDS...: what t/lib/helper, one process for the whole test, answers.
helper() {
	local LC_ALL=C port socket code out_length error_length out error
	[ -s "$work/helper.port" ] || helper_start
	read -r port <"$work/helper.port"
	exec {socket}<>"/dev/tcp/127.0.0.1/$port" || return
	printf '%s\0' $# "$@" >&"$socket"
	read -ru "$socket" code out_length error_length
	read -ru "$socket" -N "${out_length:-0}" out
	read -ru "$socket" -N "${error_length:-0}" error
	exec {socket}>&-
	printf %s "$out"
	[ -z "$error" ] || printf %s "$error" >&2
	return "${code:-1}"
}
helper_start() {
	local port out
	exec {out}< <(exec "$servers_lib/helper")
	echo $! >"$work/helper.pid"
	read -ru "$out" port
	exec {out}<&-
	echo "$port" >"$work/helper.port"
}

# tool FILE WORDS...: t/lib/FILE, without the time that Perl needs to start.
tool() {
	helper perl "/proc/$BASHPID/fd/0" "$servers_lib/$1" "${@:2}"
}

# A port of 127.0.0.1 that nobody has now.
free_port() {
	helper port
}

# Redis

redis_start() {
	(cd "$work" && exec "$REDIS_SERVER" --port 0 --unixsocket \
		"$work/redis.sock" --unixsocketperm 777 --save '' \
		--appendonly no --daemonize no --logfile "$work/redis.log" \
		"$@") &
	echo $! >"$work/redis.pid"
	wait_for 20 redis PING
}

redis() {
	[ "${1-}" != --raw ] || shift
	# the helper knows no password
	case ${REDISCLI_AUTH+-}${1:--} in
	-*) redis-cli -s "$work/redis.sock" "$@" ;;
	*) helper redis "$work/redis.sock" "$@" ;;
	esac
}

redis_signal() {
	kill "-$1" "$(<"$work/redis.pid")"
}

redis_kill() {
	{
		redis_signal KILL
		wait "$(<"$work/redis.pid")"
	} 2>/dev/null
	rm -f "$work/redis.pid"
}

# Another Redis, and an empty one, takes the place of the first: nobody finds
# none there.
redis_replace() {
	local first
	first=$(<"$work/redis.pid")
	mv "$work/redis.sock" "$work/first.sock"
	redis_start
	{
		kill -KILL "$first"
		wait "$first"
	} 2>/dev/null
	rm -f "$work/first.sock"
}

# The last words of the milters in Redis: NAME TIME, a line each.
redis_words() {
	redis --raw EVAL 'local words = {}
		for _, key in ipairs(redis.call("KEYS", "*:{beat}:*")) do
			table.insert(words, key .. " " .. redis.call("GET", key))
		end
		return words' 0 | sort
}
redis_has_new_words() {
	[ "$(redis_words | comm -13 "$work/words" - | grep -c .)" -ge "$1" ]
}
# redis_is_known COUNT: until so many milters have left word twice, that is, have
# looked at this Redis and have written to it.
redis_is_known() {
	for _ in 1 2; do
		redis_words >"$work/words"
		wait_for 20 redis_has_new_words "$1" || return 1
	done
}

# How often Redis ran a command since it was started.
redis_calls() {
	local calls
	calls=$(redis INFO commandstats | tr -d '\r' |
		sed -n "s/^cmdstat_$1:calls=\([0-9]*\),.*/\1/p")
	echo "${calls:-0}"
}

# watch_is_known WATCHERS MILTERS: until so many listen, and so many milters have
# since asked whether somebody does.
watch_is_known() {
	wait_for 20 watchers_are "$1" || return 1
	wait_for 20 redis_was_called 'pubsub[|a-z]*' \
		$(($(redis_calls 'pubsub[|a-z]*') + 2 * $2))
}
watchers_are() {
	[ "$(redis CLIENT LIST | grep -c ' sub=[1-9]')" -ge "$1" ]
}
redis_was_called() {
	[ "$(redis_calls "$1")" -ge "$2" ]
}

# weir-milter

# weir_on HOST: what is started from now on, weirctl too, takes this for the name
# of its host, where the kernel allows that; weir_at are the words to begin with.
weir_at=()
weir_on() {
	unshare --uts true 2>/dev/null || return 0
	# shellcheck disable=SC2016 # for that shell
	weir_at=(unshare --uts -- sh -c 'hostname "$0" && exec "$@"' "$1")
}

# weir_config NAME: standard input, the limits and so on, becomes NAME.conf;
# where to listen and which Redis stand before it. There is no journal, unless
# the input has one.
weir_config() {
	{
		echo "listen = \"unix:$work/run/$1.sock\";"
		echo 'listen_mode = "0666";'
		echo "user = \"$test_user\";"
		cat
	} >"$work/$1.conf"
	grep -q "^journal *= " "$work/$1.conf" ||
		echo 'journal = { directory = ""; };' >>"$work/$1.conf"
}

# The redis group of a test: weir_redis [more settings]. A slow machine is not an
# outage: a test that makes one says its timeout.
weir_redis() {
	local timeout='timeout = "10s";'
	[[ $* != *timeout* ]] || timeout=
	echo "redis = { server = \"unix:$work/redis.sock\"; $timeout $* };"
}

# weir_start NAME [options]: waits until it serves; log in NAME.log.
weir_start() {
	local name=$1
	shift
	: >"$work/$name.log"
	# added to: a test may empty it
	"${weir_at[@]}" "$BUILD/weir-milter" -c "$work/$name.conf" "$@" \
		>>"$work/$name.log" 2>&1 &
	echo $! >"$work/$name.pid"
	wait_for 20 file_has "serves unix:$work/run/$name.sock" \
		"$work/$name.log" || {
		sed 's/^/# /' "$work/$name.log"
		return 1
	}
}

weir_pid() {
	echo "$(<"$work/$1.pid")"
}

weir_signal() {
	kill "-$2" "$(<"$work/$1.pid")"
}

weir_kill() {
	local pid
	pid=$(<"$work/$1.pid")
	rm -f "$work/$1.pid"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}

# Stops it, leaves its exit code.
weir_stop() {
	local pid
	pid=$(<"$work/$1.pid")
	rm -f "$work/$1.pid"
	kill -TERM "$pid"
	wait "$pid"
}

# weir-keeper

# keeper_start NAME CONFIG [options]: with CONFIG.conf, which names "$test_user"
# as keeper.user; waits until it knows Redis; log in NAME.log.
keeper_start() {
	local name=$1 config=$2
	shift 2
	: >>"$work/$name.log"
	"$BUILD/weir-keeper" -c "$work/$config.conf" "$@" \
		>>"$work/$name.log" 2>&1 &
	echo $! >"$work/$name.pid"
	wait_for 20 keeper_runs "$name" || {
		sed 's/^/# /' "$work/$name.log"
		return 1
	}
}
keeper_runs() {
	[ "$(redis HEXISTS 'weir:{keepers}:info' \
		"$(</proc/sys/kernel/hostname):$(weir_pid "$1")")" = 1 ]
}

# The first channel of a test: what it is told goes to the file "told", a line
# each: ACT UID PID-OF-THE-KEEPER.
keeper_hook() {
	cat >"$work/hook" <<'END'
#!/bin/sh
exec 9>>"${0%hook}told"
json=$(cat)
act=$(printf %s "$json" | sed -n 's/.*"act":"\([a-z ]*\)".*/\1/p')
uid=$(printf %s "$json" | sed -n 's/.*"uid":"\([^"]*\)".*/\1/p')
printf '%s %s %s\n' "$act" "$uid" "$PPID" >&9
test ! -x "${0%hook}after" || exec "${0%hook}after" "$act" "$uid" "$PPID"
END
	chmod 755 "$work/hook"
	: >"$work/told"
	chmod 666 "$work/told"
	echo "{ name = \"hook\"; command = [ \"$work/hook\" ]; }"
}

# incident_act NUMBER ACT [LEVEL [TEXT]]: as incident.lua writes it, of an
# incident that is open.
incident_act() {
	local uid="1795485849123-$1" key="weir:{incidents}:$1" now
	now=$(date +%s%3N)
	redis HSET "$key" uid "$uid" state open level "${3:-serious}" \
		opened "$now" last "$now" limit own subject sender:x@dev.test \
		source client:10.0.0.1 per 60000 max 3 stopped 5 >/dev/null
	redis XADD 'weir:{incidents}:log' '*' incident "$1" act "$2" \
		text "${4:-}" level "${3:-serious}" uid "$uid" >/dev/null
}
