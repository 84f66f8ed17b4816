#!/bin/bash
# SPDX-License-Identifier: ISC
# What one message costs that Postfix could show to weir more than once:
# discarded, requeued, back from a content filter. That mail of sendmail(1) is
# not refused at RCPT is in t/e2e/mt_postfix.t.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
redis_group=$(weir_redis)

# seen: ends of messages that were shown to weir
limits() {
	cat <<EOT
$redis_group
cache = "0s";
$1
limits = (
  { name = "counted"; key = "sender"; max = 100; per = "1h";
    action = "tempfail"; },
  { name = "seen"; key = "sender"; count = "attempts"; max = 100; per = "1h";
    action = "tempfail"; },
  { name = "gone"; key = "sender"; unit = "bytes"; max = 1; per = "1h";
    match = { sender = [ "gone@" ]; }; action = "discard"; }
);
EOT
}
limits '' | weir_config a
weir_start a || exit 1
socket=unix:$work/run/a.sock

send() {
	tool smtp "$@" "$postfix_port"
}
used() {
	redis --raw HGET "weir:{sender:$1}:$2:1h" used
}
# counts SENDER: charged/seen
counts() {
	local counted seen
	counted=$(used "$1" counted) seen=$(used "$1" seen)
	echo "${counted:-0}/${seen:-0}"
}

# A discard, and the way of mail that is not SMTP: cleanup(8) shows what was
# taken once more, as if this host had sent it.
postfix_start a "$socket" "non_smtpd_milters = $socket"
send -f plain@x.test -t a@y.test >/dev/null
is "$(counts plain@x.test)" 1/1 "fault 51: mail by SMTP is counted once"
like "$(send -f gone@x.test -t a@y.test)" '250 ' "fault 51: a discard"
diag "discarded with non_smtpd_milters: charged/seen $(counts gone@x.test)"
is "$(counts gone@x.test)" 0/1 \
	"fault 51: at its end: is shown to weir once and charged nowhere"
weirctl() {
	"$BUILD/weirctl" -c "$work/a.conf" "$@"
}
weirctl block sender:early@x.test --for 1h --action discard --reason test \
	>/dev/null
sleep 0.6 # a block holds within a quarter of a second
like "$(send -f early@x.test -t a@y.test)" '250 ' \
	"fault 51: a discard that is known at MAIL"
is "$(grep -c 'sender=early@x.test' "$work/a.log")" 1 \
	"fault 51: is shown to weir once, too"
like "$(grep 'sender=early@x.test' "$work/a.log")" \
	'queue-id=[0-9A-F]+ verdict=discard limit=block:1 .*recipients=a@y.test' \
	"fault 51: and logged with its queue id and recipients"
postfix_settle
is "$(postfix_log_count 'to=<a@y.test>.*status=sent')" 1 \
	"fault 51: and delivered to nobody"
printf 'Subject: x\n\nhello\n' |
	sendmail -C "$postfix_dir/etc" -f local@x.test a@y.test
postfix_settle
is "$(counts local@x.test)" 1/1 "fault 50: mail of sendmail(1) once, too"

# requeued
conf() {
	postconf -c "$postfix_dir/etc" -e "$1"
	postfix -c "$postfix_dir/etc" reload >/dev/null 2>&1
	wait_for 10 smtp_answers "$postfix_port"
}
conf 'defer_transports = discard'
send -f again@x.test -t a@y.test >/dev/null
wait_for 10 postfix_log_count 'from=<again@x.test>'
wait_for 10 postfix_log_count 'to=<a@y.test>.*status=deferred'
is "$(counts again@x.test)" 1/1 "fault 51: deferred mail"
conf 'defer_transports ='
postsuper -c "$postfix_dir/etc" -r ALL >/dev/null 2>&1
postfix -c "$postfix_dir/etc" flush >/dev/null 2>&1
requeued() {
	[ "$(postfix_log_count 'from=<again@x.test>')" -ge 2 ]
}
ok "fault 51: is requeued by postsuper -r" wait_for 15 requeued
postfix_settle
is "$(counts again@x.test)" 1/1 "fault 51: and not shown to weir again"
postfix_stop "$postfix_dir"

# A content filter: a second listener takes back what the first has taken.
# back MACRO...: options of the second listener
back() {
	local port
	port=$(free_port)
	postfix_start "$1" "$socket" "content_filter = smtp:[127.0.0.1]:$port" \
		'smtp_send_xforward_command = no'
	cat >>"$postfix_dir/etc/master.cf" <<-END
	smtp      unix  - - n - - smtp
	127.0.0.1:$port inet n - n - 10 smtpd
	  -o content_filter=
	  $2
	END
	postfix -c "$postfix_dir/etc" reload >/dev/null 2>&1
	wait_for 10 smtp_answers "$port"
}
# through NAME SENDER: sends and waits
through() {
	send -f "$2" -t a@y.test >/dev/null
	wait_for 10 postfix_log_count 'status=sent \(thrown away'
	postfix_settle
}
back b ''
through b twice@x.test
is "$(counts twice@x.test)" 2/2 \
	"fault 51: back from a content filter: counted twice"
postfix_stop "$postfix_dir"
back c '-o smtpd_milters='
through c once@x.test
is "$(counts once@x.test)" 1/1 \
	"fault 51: once with smtpd_milters= at that listener"
postfix_stop "$postfix_dir"
limits 'exempt = ( { listener = [ "BACK" ]; } );' | weir_config a
weir_signal a USR1
wait_for 5 grep -q 'reloaded' "$work/a.log"
back d '-o milter_macro_daemon_name=BACK'
through d named@x.test
is "$(counts named@x.test)" 1/1 \
	"fault 51: or with an exemption of that listener"
postfix_stop "$postfix_dir"
weir_stop a
is $? 0 "and it ends well"
done_testing
