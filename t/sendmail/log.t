#!/bin/bash
# SPDX-License-Identifier: ISC
# Floods through a real Sendmail: replay of its log finds what weir did, and the
# incident and its report have the figures of the log.
# shellcheck disable=SC2016 # the expressions are perl's
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/sendmail.sh source=t/lib/weirctl.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
. "$(dirname "$0")/../lib/sendmail.sh"
. "$(dirname "$0")/../lib/weirctl.sh"
sendmail_is_possible || skip_all "$sendmail_why"
work_start
redis_start
smtp=$(dirname "$0")/../lib/smtp
mkdir "$work/journal"
[ -z "$test_user" ] || chown "$test_user" "$work/journal"
{
	weir_redis
	echo "journal = { directory = \"$work/journal\"; };"
	cat <<'EOC'
evidence = { headers = "always"; };
incident = { quiet = "2s"; over = "1h"; };
limits = (
  { name = "own"; key = "sender"; max = 40; per = "1h";
    match = { not_sender = [ "@corp.test" ]; }; action = "reject"; },
  { name = "login"; key = "auth"; max = 5; per = "1h"; action = "tempfail"; },
  { name = "box"; key = "recipient"; max = 7; per = "1h";
    match = { recipient = [ "@box.test" ]; }; action = "tempfail"; },
  { name = "held"; key = "sender"; max = 2; per = "1h";
    match = { sender = [ "h@" ]; }; action = "quarantine"; },
  { name = "gone"; key = "sender"; max = 2; per = "1h";
    match = { sender = [ "g@" ]; }; action = "discard"; },
  { name = "many"; key = "sender"; unit = "recipients"; max = 6; per = "1h";
    match = { sender = [ "m@" ]; }; action = "tempfail"; },
  { name = "all"; key = "all"; max = 1000000; per = "1h"; action = "monitor"; }
);
EOC
} | weir_config a
weir_start a
sendmail_start a "$(sendmail_filter "unix:$work/run/a.sock")" || exit 1
log=$sendmail_dir/log

send() {
	"$smtp" "$@" "$sendmail_port" >>"$work/sent"
}
flood() {
	send -f script@dev.test -t "$1" -m 60 -H 'Subject: Newsletter %n'
}
for i in 1 2; do
	flood later@wait.test &
	flooders[i]=$!
done
# the same content: what the first that are stopped look like makes one incident
send -f script@dev.test -t mailbox@corp.test -m 30 \
	-H "Subject: Newsletter %n"
for i in 1 2 3; do
	send -f "user$i@corp.test" -t "friend$i@else.test" -m 3
done
wait "${flooders[@]}"
"$smtp" -f a@corp.test -t b@else.test -p jake:secret -m 8 \
	"$sendmail_login_port" >>"$work/sent"
send -f h@corp.test -t b@else.test -m 4
send -f g@corp.test -t b@else.test -m 5
send -f m@corp.test -t a@x.test,b@x.test,c@x.test -m 2
send -f m@corp.test -t d@x.test
send -f c@corp.test -t one@box.test -m 10
send -f d@corp.test -t one@box.test,other@else.test -m 2
send -f '' -t bounce@else.test -m 2
send -f given@dev.test -t up@else.test -m 3 -e
send -f given@dev.test -t up@else.test -k
is_quiet() {
	[ "$(redis HGET 'weir:{incidents}:1' state)" = quiet ]
}
ok "the first incident ends" wait_for 30 is_quiet

# what really happened: by the replies that clients got
got() {
	grep -cE "$1" "$work/sent"
}
refused=$(got '^(MAIL|RCPT|DATA-END) 550 .*sender:script@dev.test may ')
is "$refused" 110 "of a flood of 150, 110 are refused"
json=$(ctl --json replay "$log")
is $? 0 "the log is replayed"
# replayed EXPRESSION: what perl finds at it, in the answer
replayed() {
	json 'my $all = $v; my %limit = map { $_->{limit} => $_ }
		@{$v->{limits}}; '"$1" <<<"$json"
}
is "$(replayed '$limit{own}{stopped}')" 110 "as many are stopped by the limit"
is "$(replayed '$limit{own}{most_stopped}[0]{subject}')" \
	sender:script@dev.test "and the flooder is named"
is "$(replayed '$limit{own}{highest}{used}')" 40 "it used the limit up"
is "$(replayed '$limit{login}{stopped}')" "$(got '451 .*auth:jake may ')" \
	"a login: as many"
is "$(replayed '$limit{login}{most_stopped}[0]{subject}')" auth:jake "by name"
is "$(replayed '$limit{box}{recipients_refused}')" \
	"$(got '^RCPT 451 .*recipient:one@box.test may ')" \
	"a mailbox: as many recipients refused"
is "$(replayed '$limit{box}{stopped}')" 3 \
	"and stopped are the messages that had no other recipient"
is "$(replayed '$limit{held}{outcomes}{quarantine}')" \
	"$(find "$sendmail_dir/mqueue" -name 'hf*' | wc -l)" "quarantine: as many"
is "$(replayed '$limit{gone}{stopped}')" \
	"$(sendmail_log_count 'Milter: data, discard')" "discard: as many"
is "$(replayed '$limit{many}{stopped}')" "$(got '451 .*sender:m@corp.test may ')" \
	"recipients: as many"
is "$(replayed '$limit{all}{highest}{used}')" \
	"$(redis HGET 'weir:{all}:all:1h' used)" \
	"the window of all mail held what it holds in Redis"
is "$(replayed '$all->{left_out}{unfinished}')" 4 \
	"what was given up is left out, and counted"
is "$(replayed '$all->{left_out}{unknown_lines}')" 0 "every line is known"

# the incident and its report
# figure SECTION NAME MEMBER: of the report in $work/report.json
figure() {
	json "\$v->{sections}{$1}{figures}{$2}{$3}" <"$work/report.json"
}
id_lines() { # of the flood, accepted
	grep -E 'from=<script@dev.test>.* nrcpts=1, msgid=' "$log" |
		grep -oE ' [0-9A-Za-z]{14}: ' | sort
}
rejected() {
	grep -oE ' [0-9A-Za-z]{14}: Milter: data, reject=550' "$log" |
		grep -oE ' [0-9A-Za-z]{14}: ' | sort
}
accepted=$(comm -23 <(id_lines) <(rejected) | wc -l)
is "$accepted" 40 "Sendmail's log has 40 messages of the flood accepted"
run ctl report 1 --log "$log" --format json --out "$work/report.json"
is "$code $err" "0 " "a report with Sendmail's log"
is "$(figure impact stopped value)" 110 "110 stopped"
is "$(figure impact let_in value)" 40 "40 let in"
is "$(figure impact log_refused value)" 110 "the log says the same: 110 refused"
is "$(figure impact log_accepted value)" 40 "40 accepted"
delivered=$(sendmail_log_count 'to=<mailbox@corp.test>.*stat=Sent')
is "$(figure impact log_delivered value)" "$delivered" \
	"as many delivered as the log says ($delivered)"

# what was let in and waits is held by the incident's number, and no other mail
send -f ann@corp.test -t later@wait.test -m 2
waiting=$(find "$sendmail_dir/mqueue" -name 'qf*' | wc -l)
run ctl hold --incident 1 --mta sendmail --tools "$sendmail_dir/tools" --yes
like "$code $out" "^0.*Held $((waiting - 2)) messages" \
	"hold --incident: what of it is queued"
is "$("$sendmail_dir/tools/sendmail" -bp -qQ | grep -c 'script@dev.test')" \
	$((waiting - 2)) "is quarantined"
run ctl delete --incident 1 --mta sendmail --tools "$sendmail_dir/tools" --yes
like "$code $out" "^0.*Deleted $((waiting - 2)) messages" "and deleted"
is "$("$sendmail_dir/tools/sendmail" -bp | grep -c 'ann@corp.test')" 2 \
	"the mail of another sender to the same mailbox is left alone"
weir_stop a
done_testing
