#!/bin/bash
# SPDX-License-Identifier: ISC
# Two milters that want the same socket or pid file, and what a dead one left.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
work_start
redis_start

# config NAME [PID_FILE]
config() {
	{
		weir_redis
		echo "pid_file = \"${2:-}\";"
		echo 'limits = ( { name = "a"; key = "sender"; max = 1000000;
			per = "1m"; action = "tempfail"; } );'
	} | weir_config "$1"
}
milter() {
	"$BUILD/weir-milter" "$@" 2>&1
}
serves() {
	"$BUILD/t/bench/load" -S "unix:$work/run/$1.sock" -m 1 >/dev/null
}
pid_file=$work/run/shared.pid

# 64: one pid file, two sockets
config a "$pid_file"
config b "$pid_file"
weir_start a
a=$(weir_pid a)
is "$(<"$pid_file")" "$a" "fault 64: the pid file has the number"
out=$(milter -c "$work/b.conf")
is $? 69 "fault 64: a second milter with the same pid file is refused"
like "$out" "$pid_file: in use by another process; give each" \
	"fault 64: and told why, and what to do"
is "$(<"$pid_file")" "$a" "fault 64: the pid file is that of the first"
ok "fault 64: the second leaves no socket" test ! -e "$work/run/b.sock"
ok "fault 64: the first serves on" serves a

# 64: the end of an old one whose paths are another's now
rm "$work/run/a.sock" "$work/run/a.sock.lock" "$pid_file"
cp "$work/a.conf" "$work/c.conf"
milter_c() {
	"$BUILD/weir-milter" -c "$work/c.conf" >"$work/c.log" 2>&1 &
	echo $! >"$work/c.pid"
	wait_for 20 grep -q ' serves ' "$work/c.log"
}
ok "fault 64: with all its files removed a new one takes the paths" milter_c
weir_stop a
is $? 0 "fault 64: then the old one ends"
ok "fault 64: and leaves the new one's socket" serves a
is "$(<"$pid_file")" "$(weir_pid c)" "fault 64: and its pid file"
weir_stop c
ok "fault 64: which takes both away itself" \
	test ! -e "$work/run/a.sock" -a ! -e "$pid_file"

# 65: what kill -9 leaves
weir_start a
weir_kill a
ok "fault 65: kill -9 leaves socket and pid file" \
	test -S "$work/run/a.sock" -a -s "$pid_file"
echo $$ >"$pid_file"
ok "fault 65: a start works, though the number is that of a living process" \
	weir_start a
is "$(<"$pid_file")" "$(weir_pid a)" "fault 65: the number is the new one"
ok "fault 65: and it serves" serves a
weir_stop a
if [ -n "$test_user" ]; then
	is "$(stat -c %U "$work/run/a.sock.lock")" "$test_user" \
		"fault 65: the lock that stays is no bar to its own account"
else
	skip "fault 65: the owner of the lock" "not root"
fi

# 64: many at once
for i in 1 2 3 4 5 6; do
	"$BUILD/weir-milter" -c "$work/a.conf" >"$work/race$i.log" 2>&1 &
	echo $! >"$work/race$i.pid"
done
one_serves() {
	[ "$(cat "$work"/race?.log | grep -c ' serves ')" = 1 ] &&
		[ "$(cat "$work"/race?.log | grep -c 'another weir-milter')" = 5 ]
}
ok "fault 64: of six that start at once one serves" wait_for 10 one_serves
ok "fault 64: and has the socket" serves a
done_testing
