#!/bin/bash
# SPDX-License-Identifier: ISC
# A real Sendmail in a flood while weir is restarted, killed, or its Redis
# stopped: what F= makes of it, and that no limit lets more through.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/sendmail.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
. "$(dirname "$0")/../lib/sendmail.sh"
sendmail_is_possible || skip_all "$sendmail_why"
work_start
redis_start
smtp=$(dirname "$0")/../lib/smtp
{
	weir_redis 'timeout = "2s";' # a busy machine is no fault here
	cat <<'EOC'
limits = (
  { name = "flood"; key = "sender"; max = 12; per = "1h";
    match = { not_sender = [ "long@", "soft@" ]; }; action = "reject"; },
  { name = "long"; key = "sender"; max = 5000; per = "1h";
    match = { sender = [ "long@", "soft@" ]; }; action = "reject"; }
);
EOC
} | weir_config a
weir_start a

# What passes stays in the queue: only replies are of interest.
start() {
	sendmail_start "$@" "define(\`confDELIVERY_MODE', \`queueonly')dnl" || exit 1
}
# said NAME PATTERN: how many replies to this flood
said() {
	grep -cE "$2" "$work/$1"
}
has_passed() { # NAME COUNT
	[ "$(said "$1" '^DATA-END 250 ')" -ge "$2" ]
}
charged() { # NAME [LIMIT]
	redis HGET "weir:{sender:$1@dev.test}:${2:-flood}:1h" used
}
# flood NAME MESSAGES [each]: by NAME@dev.test, in one session or in one for
# each message; goes on beside the test
flood() {
	local name=$1
	if [ "${3:-}" = each ]; then
		for _ in $(seq "$2"); do
			"$smtp" -f "$name@dev.test" -t box@y.test "$sendmail_port"
		done
	else
		exec "$smtp" -f "$name@dev.test" -t box@y.test -m "$2" \
			"$sendmail_port"
	fi >>"$work/$name" 2>&1 &
	flooder=$!
}
flood_ends() {
	kill "$flooder"
	wait "$flooder" 2>/dev/null
}

# F=T
start T "$(sendmail_filter "unix:$work/run/a.sock")"
flood killed 25 each
wait_for 30 has_passed killed 3
weir_kill a
ok "F=T: killed in a flood: mail is tempfailed" \
	wait_for 30 grep -qE '^[A-Z-]+ 4(51|21) 4\.[37]\.[012]' "$work/killed"
weir_start a
wait "$flooder"
lost=$(($(said killed '^DATA-END 250 ') - $(charged killed)))
is "$(said killed .)" 25 "every message gets an answer"
is "$(said killed '^[A-Z-]+ (250|550|451|421) ')" 25 \
	"accepted, tempfailed or rejected"
is "$lost" 0 "what was accepted is what was charged"
ok "it goes on when weir is back" test "$(said killed '^DATA-END 250 ')" -gt 3
flood killed 25 each
wait "$flooder"
is "$(said killed '^DATA-END 250 ')" 12 "and exactly 12 pass in all"

flood long 4000
wait_for 30 has_passed long 3
weir_stop a
weir_start a
is_told() {
	[ "$(said long '^MAIL 451 4\.3\.2 ')" -ge 3 ]
}
ok "F=T: restarted: the rest of an open session gets 451 4.3.2 at MAIL" \
	wait_for 30 is_told
flood_ends
is "$(charged long long)" "$(said long '^DATA-END 250 ')" \
	"what was accepted is charged"
before=$(charged long long)
flood long 3
wait "$flooder"
is "$(charged long long)" $((before + 3)) "a new session is counted"

# Redis
flood redis 8
wait_for 30 has_passed redis 3
redis_signal STOP
wait "$flooder"
is "$(said redis '^DATA-END 250 ')" 8 "Redis is stopped: mail flows on"
flood redis 8
wait "$flooder"
is "$(said redis '^DATA-END 250 ')" 12 "and the limit holds"
redis_signal CONT
is_charged() {
	[ "$(charged redis)" = 12 ]
}
ok "when it is back all are charged" wait_for 20 is_charged
flood redis 5
wait "$flooder"
is "$(said redis '^DATA-END 250 ')" 12 "and no more pass"
is "$(sendmail_log_count 'Milter.*timeout')" 0 "Sendmail never had to wait long"
sendmail_stop "$sendmail_dir"

# F=R
start R "$(sendmail_filter "unix:$work/run/a.sock" F=R)"
flood hard 3 each
wait "$flooder"
weir_kill a
flood hard 3 each
wait "$flooder"
is "$(said hard '^DATA-END 250 ')" 3 "F=R: mail passes while weir runs"
like "$(tail -1 "$work/hard")" '^[A-Z-]+ 5[0-9][0-9] ' "else it is rejected"
weir_start a
flood hard 2 each
wait "$flooder"
is "$(said hard '^DATA-END 250 ') $(charged hard)" "5 5" "until it is back"
sendmail_stop "$sendmail_dir"

# no F=
start none "$(sendmail_filter "unix:$work/run/a.sock" '')"
flood soft 4000
wait_for 30 has_passed soft 3
weir_kill a
counted=$(charged soft long)
weir_start a
ok "no F=: killed: the rest of an open session passes" \
	wait_for 30 has_passed soft $((counted + 20))
flood_ends
is "$(charged soft long)" "$counted" "and is not counted"
flood soft 3
wait "$flooder"
is "$(charged soft long)" $((counted + 3)) "a new session is"
weir_stop a
passed=$(said soft '^DATA-END 250 ')
flood soft 3 each
wait "$flooder"
is "$(said soft '^DATA-END 250 ')" $((passed + 3)) "weir is stopped: mail passes"
is "$(charged soft long)" $((counted + 3)) "uncounted"
done_testing
