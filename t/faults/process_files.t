#!/bin/bash
# SPDX-License-Identifier: ISC
# What the process needs of the system goes away: files, disks, memory, and in
# the end the process itself.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
work_start
redis_start
config() {
	{
		weir_redis
		cat
		echo 'limits = ( { name = "a"; key = "sender"; max = 1000000;
			per = "1h"; action = "tempfail"; } );'
	} | weir_config "$1"
}
milter() {
	"$BUILD/weir-milter" "$@" 2>&1
}
# passes NAME COUNT: so many messages are all accepted
passes() {
	"$BUILD/t/bench/load" -j -S "unix:$work/run/$1.sock" -m "$2" -c 5 |
		grep -q "\"accepted\":$2,"
}
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}
logged() {
	wait_for 10 grep -qE "$2" "$work/$1.log"
}

# 59: in the middle of a message
config a </dev/null
weir_start a
coproc session { "$faults/../lib/session" "$work/run/a.sock" 2>/dev/null; }
read -r -t 10 answer <&"${session[0]}"
echo half >&"${session[1]}"
read -r -t 10 answer <&"${session[0]}"
is "$answer" half "fault 59: a message is under way"
began=$(date +%s%3N)
weir_stop a
is $? 0 "fault 59: SIGTERM in the middle of a message ends with 0"
took=$(($(date +%s%3N) - began))
ok "fault 59: after its second, and soon ($took ms)" test "$took" -le 10000
ok "fault 59: the log counts it" \
	grep -q 'stopped, 1 messages in progress' "$work/a.log"
ok "fault 59: the socket is gone" test ! -e "$work/run/a.sock"

# 60
weir_start a
weir_signal a HUP
ok "fault 60: SIGHUP reloads" logged a 'reloaded'
ok "fault 60: and does not stop it" passes a 5

# 61
# broken WHAT REGEX: after a reload of what cannot be used
broken() {
	local before
	before=$(grep -c 'keeping the old configuration' "$work/a.log")
	weir_signal a USR1
	kept() {
		[ "$(grep -c 'keeping the old configuration' "$work/a.log")" -gt "$before" ]
	}
	ok "fault 61: $1: the old settings stay" wait_for 10 kept
	ok "fault 61: $1: told why" grep -qE "$2" "$work/a.log"
	ok "fault 61: $1: mail passes" passes a 5
}
cp "$work/a.conf" "$work/good"
mv "$work/a.conf" "$work/aside"
broken "a file that is gone" 'a.conf: .*No such file'
cp "$work/good" "$work/a.conf"
echo '@include "gone.inc"' >>"$work/a.conf"
broken "an include that is gone" 'a.conf:[0-9]+: .*gone.inc'
head -c 40 /dev/urandom >"$work/a.conf"
broken "a file of noise" 'a.conf:[0-9]+: '
rm "$work/a.conf"
mkdir "$work/a.conf"
broken "a directory" 'a.conf: .*directory|a.conf: .*regular'
rmdir "$work/a.conf"
if [ -n "$test_user" ]; then
	cp "$work/good" "$work/a.conf"
	chmod 000 "$work/a.conf"
	broken "a file that may not be read" 'a.conf: .*Permission denied'
	rm "$work/a.conf"
fi
cp "$work/good" "$work/a.conf"

# 63
sed -i "s/run.a.sock/run\/other.sock/; s/^user = .*/user = \"daemon\";/;
	1i pid_file = \"$work/run/x.pid\";" "$work/a.conf"
weir_signal a USR1
ok "fault 63: socket, user and pid file need a restart, all are named" \
	logged a 'new value of listen, user, pid_file needs a restart'
ok "fault 63: the old socket serves" passes a 5
ok "fault 63: there is no other" test ! -e "$work/run/other.sock"

# 66
rm "$work/run/a.sock"
ok "fault 66: a removed socket is told" \
	logged a 'the socket was removed; no new sessions'
sleep 1.2
is "$(grep -c 'the socket was removed' "$work/a.log")" 1 "fault 66: once"
weir_stop a
cp "$work/good" "$work/a.conf"
sed "s/run.a.sock/no-such\/a.sock/" "$work/good" >"$work/b.conf"
out=$(milter -c "$work/b.conf")
is $? 69 "fault 66: no directory for the socket: 69"
like "$out" 'no-such/a.sock.lock: cannot open the lock file: No such.*directory is missing' \
	"fault 66: and the reason"
if mkdir "$work/full" && mount -t tmpfs -o size=4k none "$work/full" 2>/dev/null
then
	head -c 4096 /dev/zero >"$work/full/filler"
	sed "1i pid_file = \"$work/full/x.pid\";" "$work/good" >"$work/b.conf"
	out=$(milter -c "$work/b.conf")
	code=$?
	umount "$work/full"
	is $code 78 "fault 66: no room for the pid file: 78"
	like "$out" 'full/x.pid: cannot write .*No space left' \
		"fault 66: and the reason"
	ok "fault 66: it leaves no socket" test ! -e "$work/run/a.sock"
else
	skip "fault 66: no room for the pid file" "cannot mount"
fi
for path in /dev/full "$work"; do
	sed "1i pid_file = \"$path\";" "$work/good" >"$work/b.conf"
	milter -c "$work/b.conf" >"$work/out"
	is $? 78 "fault 66: a pid file that is no file ($path): 78"
done
ok "fault 66: /dev/full is still there" test -c /dev/full

# 67
if [ -n "$test_user" ]; then
	weir_start a
	ids=$(awk '/^(Uid|Gid):/ { print $2, $3, $4, $5 }' \
		"/proc/$(weir_pid a)/status" | tr ' ' '\n' | sort -u)
	is "$ids" "$(printf '%s\n' "$(id -u "$test_user")" \
		"$(id -g "$test_user")" | sort -u)" \
		"fault 67: all its ids are those of the user"
	is "$(awk '/^Groups:/ { for (i = 2; i <= NF; i++) if ($i == 0) print }' \
		"/proc/$(weir_pid a)/status")" "" "fault 67: no group of root"
	is "$(awk '/^Cap(Eff|Prm):/ { print $2 }' \
		"/proc/$(weir_pid a)/status" | sort -u)" 0000000000000000 \
		"fault 67: no capability"
	weir_stop a
else
	skip "fault 67: dropping root" "not root"
fi

# 68, and 69: syslog may be away
config d <<-END
	pid_file = "$work/run/d.pid";
END
(umask 0 && milter -d -c "$work/d.conf") >"$work/d.out"
is $? 0 "fault 68: -d returns when it serves"
cp "$work/run/d.pid" "$work/d.pid"
d=$(<"$work/d.pid")
is "$(stat -c %a "$work/run/d.pid")" 644 \
	"fault 68: nobody else may write the pid file, whatever the umask"
is "$(readlink "/proc/$d/fd/0")$(readlink "/proc/$d/fd/2")" \
	/dev/null/dev/null "fault 68: it holds no terminal"
ok "fault 69: with syslog as it is here mail passes" passes d 20
stop_pid_file "$work/d.pid"

# 69: the log cannot be written
"$BUILD/weir-milter" -v -c "$work/a.conf" >/dev/full 2>&1 &
echo $! >"$work/a.pid"
wait_for 10 test -S "$work/run/a.sock"
ok "fault 69: a log on a full disk stops no mail" passes a 200
weir_stop a
is $? 0 "fault 69: nor the end"

# 70
if grep -qa '__asan_init\|__tsan_init' "$BUILD/weir-milter"; then
	skip "fault 70: memory is out" "a sanitizer needs more than all of it"
else
	weir_start a
	passes a 50
	size=$(awk '/^VmSize/ { print $2 }' "/proc/$(weir_pid a)/status")
	# only who has all of its ids may do that
	as_user=
	[ -z "$test_user" ] || as_user="setpriv --reuid $test_user --regid $(
		id -g "$test_user") --clear-groups"
	# shellcheck disable=SC2086 # none, or the words of a command
	ok "fault 70: no more than 64 KB are left" $as_user prlimit \
		--pid "$(weir_pid a)" --as=$(((size + 64) * 1024))
	"$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -t 2 -c 50 \
		-s 100000 >"$work/load" 2>&1
	if kill -0 "$(weir_pid a)" 2>/dev/null; then
		code=alive
	else
		wait "$(weir_pid a)"
		code=$?
		rm -f "$work/a.pid"
	fi
	diag "it is: $code"
	like "$code" '^(alive|71)$' \
		"fault 70: without memory it goes on or ends with 71"
	[ "$code" != alive ] || weir_stop a
	ok "fault 70: the next start serves" weir_start a
	ok "fault 70: and counts" passes a 5
	weir_stop a
fi
done_testing
