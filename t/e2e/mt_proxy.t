#!/bin/bash
# SPDX-License-Identifier: ISC
# A before-queue content filter (smtpd_proxy_filter): messages reach DATA, are
# delivered, and no milter hears of their end. They are counted when
# charge_at_data says so, and reported when it does not.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start

# limits SETTINGS...
limits() {
	weir_redis
	cat <<EOT
cache = "0s";
$*
limits = (
  { name = "sender"; key = "sender"; max = 3; per = "1h";
    action = "tempfail"; },
  { name = "size"; key = "sender"; unit = "bytes"; max = 5000; per = "1h";
    match = { sender = [ "size@" ]; }; action = "reject"; },
  { name = "hold"; key = "sender"; max = 1; per = "1h";
    match = { sender = [ "hold@" ]; }; action = "quarantine"; },
  { name = "drop"; key = "sender"; max = 1; per = "1h";
    match = { sender = [ "drop@" ]; }; action = "discard"; }
);
EOT
}
limits '' | weir_config a
weir_start a || exit 1

weirctl() {
	"$BUILD/weirctl" -c "$work/a.conf" "$@"
}
used() {
	local used
	used=$(redis HGET "weir:{sender:$1}:${2:-sender}:1h" used)
	echo "${used:-0}"
}
send() {
	tool smtp "$@" -t b@y.test "$postfix_port"
}
# flood SENDER: 100 messages in 4 sessions
flood() {
	smtp-source -A -s 4 -m 100 -f "$1" -t b@y.test \
		"127.0.0.1:$postfix_port" >/dev/null 2>&1
	postfix_settle
}
# Messages of SENDER that were thrown away as the transport does.
delivered() {
	postfix_log_count "from=<$1>, size="
}
reload() {
	local lines
	lines=$(grep -c 'reloaded' "$work/a.log")
	limits "$@" | weir_config a
	weir_signal a USR1
	wait_for 5 eval "[ \$(grep -c 'reloaded' '$work/a.log') -gt $lines ]"
}

second=$(free_port)
postfix_start a "unix:$work/run/a.sock" \
	"smtpd_proxy_filter = 127.0.0.1:$second"
cat >>"$postfix_dir/etc/master.cf" <<EOT
127.0.0.1:$second inet n - n - 200 smtpd
  -o smtpd_milters=
  -o smtpd_proxy_filter=
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
EOT
postfix -c "$postfix_dir/etc" reload >/dev/null 2>&1
wait_for 10 smtp_answers "$second"

# without the setting
flood none@x.test
is "$(delivered none@x.test)/$(used none@x.test)" 100/0 \
	"without charge_at_data all pass and none is counted"
ok "within a minute the log says so" wait_for 10 \
	grep -q 'listener "gateway.test": .* messages reached DATA' "$work/a.log"
like "$(<"$work/a.log")" \
	"set charge_at_data = . \"gateway.test\" .; in $work/a.conf: see weir" \
	"and what to write"
in_status() {
	weirctl status | grep -q \
		'[0-9] messages of listener "gateway.test" reached DATA and never'
}
ok "status says so, too" wait_for 10 in_status
like "$(weirctl --json status | tr -d ' \n')" \
	'"uncounted":\[\{"listener":"gateway.test","messages":[0-9]+\}\]' \
	"and as JSON"

# with it
reload 'charge_at_data = [ "gateway.test" ];'
ok "the line of status goes with the setting" wait_for 10 \
	eval '! weirctl status | grep -q charge_at_data'
is "$(grep -c 'messages reached DATA' "$work/a.log")" 1 "it was one log line"
postfix -c "$postfix_dir/etc" reload >/dev/null 2>&1
wait_for 10 smtp_answers "$postfix_port"
flood some@x.test
is "$(delivered some@x.test)/$(used some@x.test)" 3/3 \
	"with it 3 of 100 are accepted and 3 are counted"
like "$(send -f some@x.test)" '^DATA 451 4\.7\.1 .*sender:some@x.test' \
	"the others are refused at DATA, with the reply of the limit"
like "$(grep 'sender=some@x.test' "$work/a.log" | head -1)" \
	'verdict=tempfail limit=sender subject=sender:some@x.test used=3/3' \
	"and logged"
is "$(send -m 2 -s 3000 -f size@x.test | cut -c 1-8)" "DATA-END
DATA 550" "bytes are those of SIZE="
is "$(used size@x.test size)" 3000 "which are charged"
is "$(send -m 2 -f hold@x.test | cut -c 1-8)" "DATA-END
DATA 451" "a quarantine becomes a tempfail"
is "$(used hold@x.test hold)" 1 "which charges nothing"
is "$(send -m 2 -f drop@x.test | cut -c 1-8)" "DATA-END
DATA 550" "a discard becomes a reject"
weirctl block sender:block@x.test --for 1h --action quarantine --reason test \
	>/dev/null
sleep 0.6
like "$(send -f block@x.test)" '451 4\.7\.1' "so does a block that holds"
printf 'Subject: x\n\nhello\n' |
	sendmail -C "$postfix_dir/etc" -f local@x.test b@y.test
postfix_settle
is "$(delivered local@x.test)" 1 "mail of sendmail(1) passes"
postfix_stop "$postfix_dir"

# Where an end does come, for SMTP and for what cleanup(8) plays.
postfix_start b "unix:$work/run/a.sock" \
	"non_smtpd_milters = unix:$work/run/a.sock"
is "$(send -m 4 -f both@x.test | cut -c 1-8)" "DATA-END
DATA-END
DATA-END
DATA 451" "with an end behind it a message is charged once"
is "$(used both@x.test)" 3 "in Redis, too"
printf 'Subject: x\n\nhello\n' |
	sendmail -C "$postfix_dir/etc" -f hold@z.test b@y.test
printf 'Subject: x\n\nhello\n' |
	sendmail -C "$postfix_dir/etc" -f hold@z.test b@y.test
ok "mail of sendmail(1) is judged at its end: it can be held" wait_for 10 \
	postfix_log_count 'milter-hold.*from=<hold@z.test>'
postfix_stop "$postfix_dir"
weir_stop a
is $? 0 "and it ends well"
done_testing
