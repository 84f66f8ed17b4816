#!/bin/bash
# SPDX-License-Identifier: ISC
# A hundred reloads, good and broken, while mail comes as fast as it can. Run
# it with SANITIZE=thread, too: work_end() fails it for what that finds.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
redis_start
{
	weir_redis
	echo 'cache = "0s";'
} | weir_config a
head=$(<"$work/a.conf")

# settings WORD: limits with this reply, and ten more in an included file. Each
# program that is started here costs as much as a hundred messages.
settings() {
	printf '%s\n' "$head" "limits = ( { name = \"one\"; key = \"sender\";
	  max = 1; per = \"1h\"; match = { sender = [ \"sender0@bench.example\" ]; };
	  action = \"reject\"; reply = \"550 5.7.1 $1\"; }," \
		'@include "more.inc"' ');' >"$work/a.new"
	mv "$work/a.new" "$work/a.conf"
}
# more COUNT: limits
more() {
	local i comma=
	for ((i = 1; i <= $1; i++)); do
		echo "$comma { name = \"m$i\"; key = \"sender\"; max = 1000000;
		  per = \"1h\"; action = \"tempfail\"; }"
		comma=,
	done >"$work/more.inc"
}
taken='reloaded, limits'
kept='keeping the old configuration'
# reload REGEX: one, until the log says so; what it said before does not count
reload() {
	local line end=$((SECONDS + 30))
	while read -r line <&"$log"; do :; done
	kill -USR1 "$weir"
	while [ "$SECONDS" -lt "$end" ]; do
		while read -r line <&"$log"; do
			[[ $line =~ $1 ]] && return 0
		done
		read -r -t 0.01 <&"$never"
	done
	return 1
}

more 10
settings old
weir_start a || exit 1
weir=$(weir_pid a)
exec {log}<"$work/a.log"
mkfifo "$work/fifo"
exec {never}<>"$work/fifo" # nothing comes of it

# a session that began before
coproc old { "${0%/*}/../lib/session" "$work/run/a.sock"; }
# say FD_OUT FD_IN WORD: the answer
say() {
	echo "$3" >&"$1"
	read -r -t 20 answer <&"$2"
	echo "$answer"
}
read -r -t 20 answer <&"${old[0]}"
is "$answer" open "a session is open"
is "$(say "${old[1]}" "${old[0]}" full)" accept "its first message passes"
settings new
ok "then the reply of the limit is changed" reload "$taken"
is "$(say "${old[1]}" "${old[0]}" full)" "550 5.7.1 old" \
	"the session goes on with the settings that it began with"
is "$(echo full | "${0%/*}/../lib/session" "$work/run/a.sock" |
	tail -1)" "550 5.7.1 new" "a new session has the new ones"

# under load
"$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -c 8 -p 3 -f 1 -s 5000 \
	-t 300 >"$work/load.out" 2>&1 &
echo $! >"$work/load.pid"
failed=0
for i in $(seq 50); do
	more $((i % 20 + 1))
	settings "number$i"
	reload "$taken" || failed=$((failed + 1))
	case $((i % 4)) in
	0) rm -f "$work/more.inc" ;;
	1) sed -i 's/max = 1;/max = 0;/' "$work/a.conf" ;;
	2) echo 'limits = (' >>"$work/a.conf" ;;
	3) mkdir "$work/gone" && mv "$work/a.conf" "$work/gone" ;;
	esac
	reload "$kept" || failed=$((failed + 1))
	[ ! -d "$work/gone" ] || rm -r "$work/gone"
done
is "$failed" 0 "50 good reloads were taken, 50 broken ones were not"
is "$(say "${old[1]}" "${old[0]}" full)" "550 5.7.1 old" \
	"the first session has its settings still"
echo end >&"${old[1]}"
ok "the load is still running" kill -0 "$(<"$work/load.pid")"
kill -INT "$(<"$work/load.pid")"
wait "$(<"$work/load.pid")" 2>/dev/null
rm -f "$work/load.pid"
# number NAME: of the figures of the load
number() {
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/load.out"
}
diag "the load: $(number messages) messages"
ok "it was one" test "$(number messages)" -ge 1000
is "$(number lost)" 0 "and no message was lost"
is "$(number accepted)" "$(number messages)" "and each was accepted"

# a crowd of signals is one reload after the other, and the last wins
more 3
settings last
for _ in $(seq 200); do
	weir_signal a USR1
done
reload "$taken"
is "$(echo full | "${0%/*}/../lib/session" "$work/run/a.sock" |
	tail -1)" "550 5.7.1 last" "after 200 signals at once the last file holds"

# what needs a restart
sed -i "1i pid_file = \"/x\"; memory_subjects = 5000;
	s/^listen_mode.*/listen_mode = \"0600\";/" "$work/a.conf"
reload "$taken"
like "$(grep 'needs a restart' "$work/a.log" | tail -1)" \
	'listen_mode, pid_file, memory_subjects needs a restart' \
	"all that needs a restart is named"
out=$("$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -c 5 -m 50 -f 1)
like "$out" '"accepted":50' "and mail passes as before"
weir_stop a
is $? 0 "it stops with 0"
done_testing
