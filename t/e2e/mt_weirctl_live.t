#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl top --live, as somebody sits before it: it draws, its keys work, it
# survives Redis, and it leaves the terminal as it was.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
# shellcheck disable=SC2016 # the $v of json is Perl
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
[ -c /dev/ptmx ] || skip_all "there are no terminals here"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
limits = (
  { name = "own"; key = "sender"; max = 10; per = "1h"; action = "reject"; },
  { name = "house"; key = "sender_domain"; max = 80; per = "1d";
    action = "tempfail"; }
);
EOT
} | weir_config a
weir_start a
# sender0 8, sender1 to 3 7, the house 29 of 80
load a -c 1 -m 28 -s 4 >/dev/null
load a -c 1 -m 1 -s 1 >/dev/null
export LC_ALL=C
pty=${0%/*}/../lib/pty
# live TERM ROWS STEPS: the screens that it shows are in out
live() {
	TERM=$1 run "$pty" -r "$2" -o "$work/raw" -s "$3" "$BUILD/weirctl" \
		-c "$work/a.conf" top --live
}
# subjects: numbers of the senders on the screen, in their order
subjects() {
	grep -o 'sender[0-9]' <<<"$out" | tr -dc 0-9
}
ok "there is something to draw" wait_for 20 ask_is 4 'scalar @$v' top

live vt100 24 'wait sender3
show
send q'
is "$code" 0 "q ends with 0, and the terminal is as before"
like "$out" 'weirctl top, .*: 4 at half of a limit or above' "it draws its head"
like "$out" 'SUBJECT +LIMIT +USED' "and the table"
is "$(subjects)" 0123 "the fullest first"
like "$err" '^$' "and nothing on standard error"

# xterm has a screen of its own for such programs: smcup, rmcup
live xterm 24 'bytes sender3
send Q'
is "$code" 0 "Q ends as well"
last=$(tail -c 60 "$work/raw" | cat -v)
like "$last" '\[\?1049l' "the last bytes give the old screen back"
ok "after the first ones have put it away" grep -qF '[?1049h' "$work/raw"

# the keys: reverse video goes to the order that was chosen
live xterm 24 "bytes sender3
$(for key in u:used r:refused f:for s:subject p:percent; do
	printf 'send %s\nbytes 7m%s %s\n' "${key%:*}" "${key%:*}" \
		"${key#*:}"
done)
send q"
is "$code" 0 "u, r, f, s and p choose an order"

# what they do
ctl override sender:sender3@bench.example own --max 20 --reason x >/dev/null
load a -c 1 -m 12 -s 4 >/dev/null # sender0 to 2 are full: 10, 3 has 10 of 20
load a -c 1 -m 1 -s 1 >/dev/null  # one more refused of sender0
wait_for 20 ask_is 5 'scalar @$v' top
live vt100 24 'wait sender_domain
send r
bytes r refused
like SUBJECT[^\n]*\nsender:sender0
send q'
is "$code" 0 "r: the most refused first"
live vt100 24 'wait sender_domain
send u
like SUBJECT[^\n]*\nsender_domain:
send q'
is "$code" 0 "u: the most used first"
redis HSET 'weir:{busy}:own:1h:sender:sender2@bench.example' max 1000 >/dev/null
live vt100 24 'wait sender1
gone sender2
send a
wait sender2
send a
gone sender2
send x
send q'
is "$code" 0 "a: the calm ones, and away again; other keys do nothing"
live vt100 5 'wait sender
show
send q'
is "$code $(wc -l <<<"$out")" "0 5" "five rows are enough, and not exceeded"
live vt100 1 'wait weirctl
send q'
is "$code" 0 "and one is no harm"

# Redis
cat >"$work/restart" <<EOT
kill -KILL $(<"$work/redis.pid")
EOT
live vt100 24 "wait sender1
run sh $work/restart
wait redis unix
show
run cd $work && $REDIS_SERVER --port 0 --unixsocket $work/redis.sock \
--unixsocketperm 777 --save '' --daemonize yes --pidfile $work/redis2.pid \
>/dev/null
wait 0 at half of a limit
run until grep -q 'back after' $work/a.log; do sleep 0.1; done
run $BUILD/t/bench/load -S unix:$work/run/a.sock -j -c 1 -m 28 -s 4 >/dev/null
wait sender2
show
send q"
is "$err" "" "each step is seen"
is "$code" 0 "it lives through a restart of Redis"
like "$out" 'weirctl top: redis unix:.*(refused|closed|reset|pipe)' \
	"while Redis is away it says so"
# with or without what the milter had in its books from before
like "$out" '[3-5] at half of a limit' "and then goes on"
done_testing
