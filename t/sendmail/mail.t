#!/bin/bash
# SPDX-License-Identifier: ISC
# weir behind a real Sendmail: every verdict as a mail client sees it, who is
# counted, and what costs nothing.
# shellcheck disable=SC2016 # what looks like a variable is for Sendmail
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/sendmail.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/sendmail.sh"
sendmail_is_possible || skip_all "$sendmail_why"
work_start
redis_start
diag "Sendmail $sendmail_version"
smtp=$(dirname "$0")/../lib/smtp
long=$(printf 'x%.0s' {1..480})

{
	weir_redis
	cat <<EOC
contact = "the messaging team, ext. 4242";
limits = (
  { name = "flood"; key = "sender"; max = 40; per = "1h";
    match = { sender = [ "script@" ]; }; action = "tempfail"; },
  { name = "reject"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "r@" ]; }; action = "reject";
    reply = "550 5.7.1 100%% full, 5%%d %%s: %{subject} sent %{max} in %{per}; ask %{contact}"; },
  { name = "other"; key = "sender"; max = 1; per = "1h";
    match = { sender = [ "o@" ]; }; action = "reject";
    reply = "554 5.7.0 <%{limit}> \\"quoted\\" & ; \\\\ \$j \$& \`back' 100%%"; },
  { name = "long"; key = "sender"; max = 1; per = "1h";
    match = { sender = [ "l@" ]; }; action = "tempfail";
    reply = "452 4.2.2 $long"; },
  { name = "discard"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "d@" ]; }; action = "discard"; },
  { name = "quarantine"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "q@" ]; }; action = "quarantine"; },
  { name = "watched"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "m@" ]; }; action = "monitor"; },
  { name = "mailbox"; key = "recipient"; max = 3; per = "1h";
    match = { recipient = [ "@mailbox.test" ]; }; action = "tempfail";
    reply = "450 4.7.1 100%% of %{max} for %{subject}"; },
  { name = "bytes"; key = "sender"; unit = "bytes"; max = "20 KB"; per = "1h";
    match = { sender = [ "b@" ]; }; action = "tempfail"; },
  { name = "recipients"; key = "sender"; unit = "recipients"; max = 5;
    per = "1h"; match = { sender = [ "n@" ]; }; action = "tempfail"; },
  { name = "bounces"; key = "client"; max = 3; per = "1h";
    match = { sender = [ "<>" ]; }; action = "reject"; },
  { name = "login"; key = "auth"; max = 3; per = "1h"; action = "reject"; },
  { name = "listener"; key = "all"; max = 5; per = "1h";
    match = { listener = [ "MSA" ]; }; action = "reject"; },
  { name = "six"; key = "client"; max = 3; per = "1h";
    match = { listener = [ "SIX" ]; client = [ "::1" ]; }; action = "reject"; },
  { name = "local"; key = "sender"; max = 2; per = "1h";
    match = { sender = [ "cron@" ]; local = true; }; action = "tempfail"; },
  { name = "free"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "f@" ]; }; action = "reject"; }
);
EOC
} | weir_config a
weir_start a
sendmail_start a "$(sendmail_filter "unix:$work/run/a.sock")" || exit 1

# send FROM TO [options]: the reply to each refused command, and to the end.
send() {
	local from=$1 to=$2
	shift 2
	"$smtp" "$@" -f "$from" -t "$to" "$sendmail_port"
}
# at_mail FROM TO: the reply at MAIL, which comes within a second of a refusal
at_mail() {
	local tries=20
	until send "$@" -m 5 | grep -m 1 '^MAIL ' || [ $((tries--)) -eq 0 ]; do
		:
	done
}
thrice() {
	send "$@" -m 3 | grep -c '^DATA-END 250 '
}
# log_has REGEX: is there such a line in weir's log?
log_has() {
	wait_for 5 grep -qE "$1" "$work/a.log"
}
used() {
	redis HGET "weir:{$1}:$2:1h" used
}

is "$(sendmail_words README.md)" \
	"$(sendmail_words milter/weir-milter.8)" \
	"README and weir-milter(8) have the same lines for sendmail.mc"
is "$(grep "^Xweir" "$sendmail_dir/sendmail.cf")" \
	"Xweir, S=unix:$work/run/a.sock, F=T, T=C:5s;S:10s;R:10s;E:30s" \
	"which m4 takes"

# a flood, several connections at once, while others write
for i in 1 2 3 4; do
	send script@dev.test box@y.test -m 20 >"$work/flood$i" &
	flood[i]=$!
done
for i in 1 2 3 4 5; do
	send "user$i@corp.test" "friend$i@y.test" -m 3
done >"$work/others"
wait "${flood[@]}"
is "$(cat "$work"/flood? | grep -c '^DATA-END 250 ')" 40 \
	"of a flood of 80 exactly 40 pass"
is "$(cat "$work"/flood? | grep -vE '^DATA-END 250 ' |
	grep -vE '^(MAIL|RCPT|DATA-END) 451 4\.7\.1 (<script@dev\.test>\.\.\. )?Rate limit exceeded: sender:script@dev.test may send 40 messages per 1h\. ')" \
	"" "the others are told to come back, and why"
is "$(grep -c '^DATA-END 250 ' "$work/others")" 15 \
	"and the letters of others all pass"
sendmail_settle
is "$(sendmail_log_count 'to=<box@y.test>.* stat=Sent')" 40 \
	"Sendmail delivered 40 of the flood"
is "$(sendmail_log_count 'to=<friend.@y.test>.* stat=Sent')" 15 \
	"and all the letters"
is "$(grep -c '^Subject: test' "$sendmail_dir/inbox")" 55 "they are there"

# replies
is "$(thrice r@x.test a@y.test)" 3 "reject: three messages pass"
text="100% full, 5%d %s: sender:r@x.test sent 3 in 1h; ask the messaging team, ext. 4242"
is "$(send r@x.test a@y.test)" "DATA-END 550 5.7.1 $text" \
	"the fourth gets the reply of the limit at the end, its % signs too"
is "$(at_mail r@x.test a@y.test)" "MAIL 550 5.7.1 <r@x.test>... $text" \
	"and the next one at MAIL, behind its address as Sendmail has it"
ok "the log of weir has every word in its place" log_has \
	'queue-id=[0-9A-Za-z]{14} verdict=reject limit=reject subject=sender:r@x.test used=3/3 per=1h retry=[0-9]+s sender=r@x.test recipients=a@y.test client=127.0.0.1 login=-$'
send o@x.test a@y.test >"$work/out"
like "$(send o@x.test a@y.test)" \
	'^DATA-END 554 5\.7\.0 <other> "quoted" & ; \\ \$j \$& `back'"'"' 100%$' \
	"what Sendmail could read as its own is text"
send l@x.test a@y.test >"$work/out"
is "$(send l@x.test a@y.test)" "DATA-END 452 4.2.2 $long" \
	"a text of 480 bytes arrives whole at the end"
is "$(at_mail l@x.test a@y.test)" "MAIL 452 4.2.2 $long" "and at MAIL"

# discard, quarantine
is "$(thrice d@x.test d@y.test)" 3 "discard: three messages pass"
like "$(send d@x.test d@y.test)" '^DATA-END 250 ' "the fourth is taken"
ok "and discarded" log_has 'verdict=discard limit=discard'
is "$(thrice q@x.test a@y.test)" 3 "quarantine: three messages pass"
like "$(send q@x.test a@y.test)" '^DATA-END 250 ' "the fourth is taken"
held=("$sendmail_dir"/mqueue/hf*)
is "${#held[@]}" 1 "and held"
id=$(basename "${held[0]}")
id=${id#hf}
like "$(cat "${held[0]}")" $'\nqweir|\nq.*quarantine' "with a reason in its file"
like "$("$sendmail_dir/tools/sendmail" -bp -qQ)" \
	"$id.* <q@x\\.test>.*QUARANTINE: weir: limit quarantine: sender:q@x.test has 4 of 3 in 1h.*<a@y.test>" \
	"mailq -qQ shows the reason"
ok "weir's log has its queue id" log_has \
	"queue-id=$id verdict=quarantine limit=quarantine .*used=4/3"
is "$(thrice m@x.test a@y.test)" 3 "monitor: three messages pass"
like "$(send m@x.test a@y.test)" '^DATA-END 250 ' "and so does the fourth"
ok "with a line in the log" log_has 'verdict=monitor limit=watched .*used=4/3'

# recipients
is "$(thrice x@x.test one@mailbox.test)" 3 "a mailbox takes three messages"
out=$(send x@x.test two@mailbox.test,one@mailbox.test,three@y.test)
is "$(head -1 <<<"$out")" \
	"RCPT 450 4.7.1 <one@mailbox.test>... 100% of 3 for recipient:one@mailbox.test" \
	"then it alone is refused, at RCPT, with the reply of the limit"
like "$out" 'DATA-END 250 ' "and the others get the message"
is "$(used recipient:one@mailbox.test mailbox)" 3 \
	"the refused one was not charged"
is "$(used recipient:two@mailbox.test mailbox)" 1 "the other one was"
like "$(send n@x.test a@y.test,b@y.test,c@y.test)" '^DATA-END 250 ' \
	"three recipients of five pass"
like "$(send n@x.test a@y.test,b@y.test,c@y.test)" '^DATA-END 451 4\.7\.1' \
	"three more do not"
like "$(send n@x.test a@y.test,b@y.test)" '^DATA-END 250 ' "but two do"
like "$(send b@x.test a@y.test -b 10000)" '^DATA-END 250 ' "10 of 20 KB pass"
like "$(send b@x.test a@y.test -b 15000)" '^DATA-END 451 4\.7\.1' "15 more do not"

# who it is
is "$(thrice '' a@y.test)" 3 "three bounces of a client pass"
like "$(send '' a@y.test)" '^DATA-END 550 5\.7\.1 .*client:127\.0\.0\.1' \
	"the fourth does not, by its client"
sendmail_port_any=$sendmail_port sendmail_port=$sendmail_login_port
is "$(thrice u@x.test a@y.test -p jake:secret)" 3 "a login sends three messages"
like "$(send v@x.test a@y.test -p jake:secret)" \
	'^DATA-END 550 5\.7\.1 .*auth:jake ' "then it is refused under any name"
ok "its name is in the log" log_has 'limit=login subject=auth:jake .*login=jake$'
is "$(send w@x.test a@y.test -p ann:secret -m 2 | grep -c 'END 250')" 2 \
	"another login is not, until the listener is full"
like "$(send w@x.test a@y.test -p ann:secret)" \
	'^DATA-END 550 5\.7\.1 .*5 messages' "which Sendmail names"
like "$(send u@x.test a@y.test)" '^MAIL 530 5\.7\.0 Auth' \
	"what Sendmail asks for it asks before weir"
sendmail_port=$sendmail_port_any
like "$(send w@x.test a@y.test)" '^DATA-END 250 ' "another listener has room"
if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
	is "$(thrice i@x.test a@y.test -6)" 3 "a client with IPv6 sends three"
	like "$(send i@x.test a@y.test -6)" '^DATA-END 550 5\.7\.1 .*client:::1 ' \
		"then it is refused, by its address"
	ok "and its address is in the log" log_has 'limit=six .*client=::1 '
else
	skip "a client with IPv6" "this host has no ::1"
fi

# mail of a program on this host: sendmail(1) hands it on to the daemon
msp() {
	printf 'To: %s\nSubject: local\n\nx\n' "$2" |
		"$sendmail_dir/tools/sendmail" -t -i -f "$1"
}
for i in 1 2; do
	msp cron@x.test "msp$i@y.test"
done
is "$(sendmail_log_count 'from=cron@x.test.*relay=.*@localhost')" 2 \
	"sendmail(1) takes local mail"
is "$(sendmail_log_count 'from=<cron@x.test>.*daemon=MTA, relay=localhost')" 2 \
	"and the daemon gets it"
is "$(used sender:cron@x.test local)" 2 "it is local mail, and counted"
msp cron@x.test msp3@y.test
is "$(find "$sendmail_dir/client" -name 'qf*' | wc -l)" 1 \
	"what is over the limit waits in the client queue"
like "$("$sendmail_dir/tools/sendmail" -Ac -bp)" \
	'Deferred: 451 4\.7\.1 Rate limit exceeded: sender:cron' \
	"which shows the reply"

# what is given up costs nothing
for how in -e -k; do
	send f@x.test a@y.test $how -m 5
done
saw_six() {
	[ "$(sendmail_log_count 'from=<f@x.test>')" -eq 6 ]
}
ok "Sendmail saw five messages end by RSET and one lost connection" \
	wait_for 10 saw_six
is "$(used sender:f@x.test free)" "" "none is charged"
is "$(thrice f@x.test a@y.test)" 3 "three messages pass after them"
like "$(send f@x.test a@y.test)" '^DATA-END 550 ' "and no more"

is "$(grep -cE 'did not accept|cannot|Milter.*(error|failed)' "$work/a.log")" 0 \
	"weir has nothing to complain about"
is "$(sendmail_log_count 'Milter.*(error|failed|timeout)|unsafe')" 0 \
	"nor has Sendmail"
weir_stop a
is $? 0 "weir stops"
done_testing
