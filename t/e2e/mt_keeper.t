#!/bin/bash
# SPDX-License-Identifier: ISC
# weir-keeper: two of them share what happens to incidents, each act is told
# once; what one leaves that is killed between telling and acknowledging, the
# other tells; and its start, reload and stop.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
redis_start
mkdir -m 777 "$work/journal" "$work/reports"
hook=$(keeper_hook)
# config NAME [members of keeper]
config() {
	{
		weir_redis
		cat <<-END
		journal = { directory = "$work/journal"; };
		incident = { quiet = "1h"; };
		keeper = { user = "$test_user"; reports = "$work/reports"; $2 };
		limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
		  action = "reject"; } );
		END
	} | weir_config "$1"
}
config a "alerts = ( $hook );"
log='weir:{incidents}:log'
pending() {
	redis --raw XPENDING "$log" keeper | head -1
}
none_pending() {
	[ "$(pending)" = 0 ]
}
# times ACT [UID]: how often it was told
times() {
	grep -c "^$1 ${2:-.*} [0-9]*\$" "$work/told"
}
has_told() {
	[ "$(times "$1" "$2")" -ge 1 ]
}

# the check of the configuration
like "$("$BUILD/weir-keeper" -t -c "$work/a.conf")" \
	"alerts from warning: hook, command $work/hook" "-t names the channels"
config bad 'alerts = ( { name = "x"; } );'
out=$("$BUILD/weir-keeper" -c "$work/bad.conf" 2>&1)
is $? 78 "with a mistake it does not start"
like "$out" 'keeper.alerts.x: found none of command, url and mail' "and says it"
config secret "alerts = ( { name = \"x\"; url = \"http://127.0.0.1:1/\";
	secret_file = \"$work/none\"; } );"
out=$("$BUILD/weir-keeper" -c "$work/secret.conf" 2>&1)
is $? 78 "nor without the secret of a channel"
like "$out" 'secret.conf:[0-9]*: keeper.alerts.x.secret_file: found .*none' \
	"and says which"

# a flood, through the milter, with two keepers
weir_start a
incident_act 900 serious
ok "one keeper starts" keeper_start one a
ok "and another" keeper_start two a
"$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -m 60 -s 1 >"$work/load"
ok "the flood is told" wait_for 20 has_told opened '.*'
"$BUILD/weirctl" -c "$work/a.conf" incident 1 --close >"$work/out"
ok "its end too" wait_for 20 has_told over '.*'
is "$(times opened) $(times over)" "1 1" "each once"
is "$(times serious 1795485849123-900)" 1 \
	"what was minutes before the first keeper is told"
ok "all is acknowledged" wait_for 5 none_pending
is "$(grep -c milter "$work/told")" 0 "a milter that runs is not silent"
ok "and the report is written" wait_for 20 test -s "$work/reports/incident-1.html"
like "$(cat "$work/journal"/*.jsonl | grep '"kind":"alert"')" \
	'"channel":"hook","act":"opened","result":"told"' "the journal knows it"
like "$(cat "$work/journal"/*.jsonl | grep '"kind":"witness"')" \
	'"file":"[^"]*","record":[0-9]' "and has heads of the other journals"

# one is killed between telling and acknowledging
: >"$work/told"
cat >"$work/after" <<'END'
#!/bin/sh
rm -f "$0"
kill -KILL "$3"
END
chmod 755 "$work/after"
chmod 777 "$work"
incident_act 100 serious
ok "a keeper is killed when it has told" wait_for 10 \
	has_told serious 1795485849123-100
first=$(sed -n 's/^serious 1795485849123-100 //p' "$work/told")
rm -f "$(grep -lx "$first" "$work/one.pid" "$work/two.pid")"
# as if half a minute had passed
id=$(redis --raw XPENDING "$log" keeper - + 1 | head -1)
redis XCLAIM "$log" keeper \
	"$(redis --raw XPENDING "$log" keeper - + 1 | sed -n 2p)" 0 "$id" \
	IDLE 40000 JUSTID >/dev/null
told_twice() {
	[ "$(times serious 1795485849123-100)" = 2 ]
}
ok "the other one tells it" wait_for 10 told_twice
ok "by another process" test "$(sed -n 's/^serious 1795485849123-100 //p' \
	"$work/told" | sort -u | grep -c .)" = 2
ok "and acknowledges" wait_for 5 none_pending

# Redis is emptied
redis FLUSHALL >/dev/null
incident_act 101 serious
ok "after FLUSHALL it tells what comes then" wait_for 10 \
	has_told serious 1795485849123-101

# reload, and stop
left=$(basename "$(ls "$work"/one.pid "$work"/two.pid 2>/dev/null)" .pid)
sed -i 's/name = "hook"/name = "x y"/' "$work/a.conf"
kill -HUP "$(weir_pid "$left")"
ok "a reload with a mistake keeps the old one" wait_for 10 grep -q \
	'1 error, keeping the old configuration' "$work/$left.log"
sed -i 's/name = "x y"/name = "pager"/' "$work/a.conf"
kill -HUP "$(weir_pid "$left")"
ok "one without is in force" wait_for 10 grep -q 'reloaded, channels of alerts: 1' \
	"$work/$left.log"
pid=$(weir_pid "$left")
weir_stop "$left"
is $? 0 "it stops in good order"
is "$(redis HLEN 'weir:{keepers}:info')" 0 "and is not there any more"
is "$(tail -qn 1 "$work/journal"/*."$pid".*.jsonl | grep -c '"kind":"end"')" 1 \
	"its journal is finished"
weir_stop a
done_testing
