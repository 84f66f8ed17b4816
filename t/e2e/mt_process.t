#!/bin/bash
# SPDX-License-Identifier: ISC
# The program itself: options, settings, a second instance, reload, stop.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
# else ThreadSanitizer waits a second at each exit, and a stop is measured here
export TSAN_OPTIONS="atexit_sleep_ms=0${TSAN_OPTIONS:+:$TSAN_OPTIONS}"

limits='limits = ( { name = "a"; key = "sender"; max = 10; per = "1m";
	action = "tempfail"; } );'
good() {
	{
		weir_redis
		echo "$limits"
	} | weir_config "$1"
}
milter() {
	"$BUILD/weir-milter" "$@" 2>&1
}
milliseconds() {
	date +%s%3N
}

# options
out=$(milter -V)
is $? 0 "-V exits with 0"
like "$out" '^weir [0-9]+\.[0-9]+\.[0-9]+$' "-V tells the version"
out=$(milter -x)
is $? 64 "an unknown option is a usage error"
like "$out" 'usage: weir-milter' "and the usage is shown"
out=$(milter -t leftover)
is $? 64 "so is a leftover word"
like "$out" 'unexpected argument "leftover"' "which is named"

# -t
good a
out=$(milter -c "$work/a.conf" -t)
is $? 0 "-t of a good file exits with 0"
like "$out" 'a: tempfail what a sender sends above 10 messages in 1m' \
	"each limit is a sentence"
sed 's/max = 10/max = 0/; s/tempfail/tmpfail/' "$work/a.conf" >"$work/b.conf"
out=$(milter -c "$work/b.conf" -t)
is $? 78 "-t of a bad file exits with 78"
is "$(grep -c "^$work/b.conf:[0-9]*: " <<<"$out")" 2 \
	"and tells both errors with file and line"
out=$(milter -c "$work/none.conf")
is $? 78 "a file that is not there is a configuration error"
like "$out" 'none.conf.*No such file' "which says so"

# root
if [ -n "$test_user" ]; then
	sed '/^user/d' "$work/a.conf" >"$work/root.conf"
	out=$(milter -c "$work/root.conf")
	is $? 78 "it must not run as root"
	like "$out" 'must not run as root' "and says why"
	ok "and leaves no socket" test ! -e "$work/run/root.sock"
	sed "s/user = .*/user = \"no-such-user\";/" "$work/a.conf" \
		>"$work/root.conf"
	like "$(milter -c "$work/root.conf")" 'no account "no-such-user"' \
		"an unknown user is named"
fi

# start without Redis, and a second instance
weir_start a
like "$(<"$work/a.log")" 'down: No such file or directory|down: Connection refused' \
	"without Redis it starts, and says that Redis is away"
out=$(milter -c "$work/a.conf")
is $? 69 "a second instance on the same socket is refused"
like "$out" 'another weir-milter is running on this socket' "and told why"
ok "the first still has its socket" test -S "$work/run/a.sock"
ok "and still answers" "$BUILD/t/bench/load" -S "unix:$work/run/a.sock" -m 1
# SIGHUP, SIGINT and SIGTERM: what another thread took would stop libmilter
unblocked() {
	local task mask
	for task in "/proc/$1/task"/*; do
		mask=$(sed -n "s/^SigBlk:.*\(....\)$/0x\1/p" "$task/status")
		[ $((mask & 0x4003)) = $((0x4003)) ] || echo "${task##*/}"
	done
}
is "$(unblocked "$(weir_pid a)")" "$(weir_pid a)" \
	"only the main thread gets signals"
if [ -n "$test_user" ]; then
	is "$(ps -o user= -p "$(weir_pid a)")" "$test_user" \
		"it runs as the user of the settings"
fi
is "$(stat -c %a "$work/run/a.sock")" 666 "the socket has the mode asked for"

# Redis comes
redis_start
ok "it notices when Redis comes" \
	wait_for 10 grep -q 'back after' "$work/a.log"

# reload
sed -i 's/max = 10/max = 20/' "$work/a.conf"
weir_signal a USR1
ok "SIGUSR1 reads the file again" \
	wait_for 10 grep -q 'reloaded, limits: 1' "$work/a.log"
sed 's/max = 20/max = 30/' "$work/a.conf" >"$work/a.new"
mv "$work/a.new" "$work/a.conf"
weir_signal a HUP
reloads() {
	[ "$(grep -c 'reloaded' "$work/a.log")" -eq "$1" ]
}
ok "SIGHUP does too, and does not stop it" wait_for 10 reloads 2
echo 'limits = ( { name = "a"; kye = "sender"; } );' >>"$work/a.conf"
weir_signal a USR1
ok "a broken file keeps the old settings" \
	wait_for 10 grep -q 'keeping the old configuration' "$work/a.log"
like "$(<"$work/a.log")" "a.conf:[0-9]+: " "and the error has its line"
good a
sed -i 's/prefix/prefix/; s/^redis = {/redis = { prefix = "other";/' \
	"$work/a.conf"
weir_signal a USR1
ok "what needs a restart is named" \
	wait_for 10 grep -q 'new value of redis.prefix needs a restart' \
	"$work/a.log"

# stop
began=$(milliseconds)
weir_stop a
is $? 0 "SIGTERM ends it with 0"
took=$(($(milliseconds) - began))
ok "within a second and a half ($took ms)" test "$took" -le 1500
ok "the socket is gone" test ! -e "$work/run/a.sock"
like "$(tail -1 "$work/a.log")" 'stopped' "the last line says so"

# kill -9 leaves the socket, the next start takes its place
good a
weir_start a
weir_kill a
ok "after kill -9 the socket is left" test -S "$work/run/a.sock"
ok "and the next start replaces it" weir_start a
ok "and serves there" "$BUILD/t/bench/load" -S "unix:$work/run/a.sock" -m 1
weir_stop a

# something else is there
touch "$work/run/a.sock"
like "$(milter -c "$work/a.conf")" 'a.sock: exists and is not a socket' \
	"a file in the place of the socket is not removed"
rm -f "$work/run/a.sock"
perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(
	Local => $ARGV[0], Listen => 1) or die; sleep 60' "$work/run/a.sock" &
echo $! >"$work/perl.pid"
wait_for 10 test -S "$work/run/a.sock"
like "$(milter -c "$work/a.conf")" 'another program is listening on it' \
	"neither is the socket of a living program"
ok "which keeps it" test -S "$work/run/a.sock"
stop_pid_file "$work/perl.pid"
rm -f "$work/run/a.sock"

# -d
sed -i "1i pid_file = \"$work/run/d.pid\";" "$work/a.conf"
program=$(realpath "$BUILD/weir-milter")
(cd "$work" && exec 7>caller.lock && flock 7 && "$program" -c a.conf -d)
is $? 0 "-d returns 0 when it serves"
ok "with the socket in place" test -S "$work/run/a.sock"
ok "a lock of its caller is free again" flock -n "$work/caller.lock" true
pid=$(<"$work/run/d.pid")
cp "$work/run/d.pid" "$work/d.pid"
out=$(milter -c "$work/a.conf" -d)
is $? 69 "-d tells its caller of an error after the fork"
like "$out" 'another weir-milter' "with the reason"
is "$(readlink "/proc/$pid/cwd")" / "it works in /"
is "$(readlink "/proc/$pid/fd/1")" /dev/null "it holds no terminal"
generation() {
	"$BUILD/weirctl" -c "$work/a.conf" --json status |
		grep -q "\"generation\": $1\b"
}
ok "it is known" wait_for 5 generation 1
kill -HUP "$pid"
ok "and finds its file again, which it was given by a relative name" \
	wait_for 5 generation 2
kill -TERM "$pid"
ok "it stops" wait_for 3 test ! -d "/proc/$pid"
ok "and takes its pid file with it" test ! -e "$work/run/d.pid"
# it keeps the socket that it is given
sed -i 's/^listen = .*/listen = "fd:7";/' "$work/a.conf"
perl -MPOSIX -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Local => shift, Listen => 5) or die;
	chmod 0666, $s->hostpath;
	dup2(fileno $s, 7) or die;
	exec @ARGV' "$work/run/given.sock" "$program" -c "$work/a.conf" -d
is $? 0 "-d with a socket that is handed over"
cp "$work/run/d.pid" "$work/d.pid"
ok "serves there" "$BUILD/t/bench/load" -S "unix:$work/run/given.sock" -m 1
stop_pid_file "$work/d.pid"

# systemd
"$(dirname "$0")/../lib/notify_socket" "$work/notify" >"$work/notified" &
echo $! >"$work/perl.pid"
wait_for 10 test -S "$work/notify"
good a
NOTIFY_SOCKET=$work/notify weir_start a
ok "systemd is told when it is ready" \
	wait_for 10 grep -q READY=1 "$work/notified"
weir_signal a USR1
ok "and when it reloads" wait_for 10 perl -0ne '
	exit !/RELOADING=1 MONOTONIC_USEC=[1-9]\d*\n(.*\n)*READY=1\n/' \
	"$work/notified"
is "$(grep -c WATCHDOG "$work/notified")" 0 "it does not ask a watchdog"
weir_stop a
ok "and when it stops" wait_for 10 grep -q STOPPING=1 "$work/notified"
stop_pid_file "$work/perl.pid"
done_testing
