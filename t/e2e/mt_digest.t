#!/bin/bash
# SPDX-License-Identifier: ISC
# What two keepers say later, on a Redis whose clock is set: reminders, and the
# digests of many floods at once, of those that are still open, and of those that
# come back again and again. Each is said by one of them.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/clock.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/clock.sh"
session=$(realpath "$(dirname "$0")/../lib/session")
work_start
clock_start
with_clock redis-server "$(command -v "$REDIS_SERVER")"
REDIS_SERVER=$work/redis-server redis_start
chmod 777 "$work"
hook=$(keeper_hook)
: >"$work/json"
chmod 666 "$work/json"
# config REMIND
config() {
	{
		weir_redis
		cat <<-END
		incident = { quiet = "1h"; };
		keeper = { user = "$test_user"; reports = ""; remind = "$1";
		  alerts = ( $hook, { name = "json"; command = [ "/bin/sh", "-c",
		    "cat >>$work/json; echo >>$work/json" ]; } ); };
		limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
		  action = "reject"; } );
		END
	} | weir_config a
}
# times ACT: how often the hook was told
times() {
	grep -c "^$1 " "$work/told"
}
is_told() {
	[ "$(times "$1")" -ge "$2" ]
}
# digests PATTERN: those that were told, and are like that
digests() {
	grep '"act":"digest"' "$work/json" | grep "$1"
}
has_digest() {
	digests "$1" | grep -q .
}
# flood N: one of its own, as no other has its sender or client
flood() {
	perl -e "print \"from flood$1\\@dev.test\\n\" x 6" |
		"$session" "$work/run/a.sock" "192.0.2.$1" >/dev/null
}
# count KEY MEMBERS: so many are in the sorted set
count() {
	[ "$(redis ZCARD "weir:{incidents}:$1")" = "$2" ]
}
has_state() {
	[ "$(redis HGET "weir:{incidents}:$1" state)" = "$2" ]
}
ahead=0
later() {
	ahead=$((ahead + $1))
	step "$ahead"
}

# a reminder each second, until somebody has taken it
config 1s
weir_start a
ok "two keepers start" keeper_start one a
keeper_start two a
began=$(date +%s)
flood 1
ok "while it is open there are reminders" wait_for 20 is_told reminder 3
reminders=$(times reminder)
ok "each second one, not one of each keeper" test \
	"$reminders" -le $(($(date +%s) - began + 1))
"$BUILD/weirctl" -c "$work/a.conf" incident 1 --take >"$work/out"
ok "that it is taken is told" wait_for 10 is_told taken 1
reminders=$(times reminder)
sleep 2
is "$(times reminder)" "$reminders" "and ends them"

# eight floods at once, after a reload
config 10m
for name in one two; do
	weir_signal "$name" HUP
	wait_for 10 grep -q reloaded "$work/$name.log"
done
for number in 2 3 4 5 6 7 8; do
	flood "$number"
done
ok "the first five are told one by one" wait_for 20 is_told opened 5
ok "the rest is for a digest" wait_for 10 count together 3
is "$(times digest)" 0 "which waits"
later 301
ok "for five minutes" wait_for 10 has_digest '3 floods at once'
json=$(digests 'at once')
like "$json" 'flood6@dev.test.*flood7@dev.test.*flood8@dev.test' \
	"with all of them"
like "$json" "weirctl -c '$work/a.conf' incidents " \
	"and what to type"
ok "then it is done with" wait_for 5 count together 0
is "$(redis EXISTS 'weir:{incidents}:sending:together')" 0 "for the next one"

# a keeper that is killed between telling and forgetting
cat >"$work/after" <<'END'
#!/bin/sh
test "$1" = digest || exit 0
rm -f "$0"
kill -KILL "$3"
END
chmod 755 "$work/after"
later 301
ok "what is still open is reminded of" wait_for 20 is_told reminder \
	$((reminders + 4))
ok "what was in a digest is for another one" wait_for 5 count reminded 3
later 301
ok "which comes" wait_for 10 has_digest '3 floods still open'
is_killed() {
	! kill -0 "$(weir_pid one)" || ! kill -0 "$(weir_pid two)"
}
ok "but its keeper is killed" wait_for 5 is_killed
later 61
digest_comes_again() {
	[ "$(times digest)" = 3 ]
}
ok "so the other one sends it" wait_for 10 digest_comes_again
is "$(digests . | sed 's/.*"thread":"\([^"]*\)".*/\1/' | sort -u | grep -c .)" \
	2 "with the same uid"
ok "and is done with it" wait_for 5 count reminded 0

# one that comes back again and again
for _ in 1 2 3; do
	later 3601
	wait_for 10 has_state 1 quiet
	flood 1
	wait_for 10 has_state 1 open
done
ok "that it began again is told" wait_for 10 is_told again 1
is "$(redis HGET 'weir:{incidents}:1' agains)" 3 "though it did three times"
ok "the rest is for the digest of the day" count recurring 1
later 86400
ok "which comes" wait_for 10 has_digest '1 recurring flood,'
ok "once" wait_for 5 count recurring 0
is "$(times again)$(digests recurring | grep -c .)" 11 "and that is all"
done_testing
