#!/bin/bash
# SPDX-License-Identifier: ISC
# weir behind a real Postfix: every verdict as a mail client sees it.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start

{
	weir_redis
	cat <<'EOF'
contact = "the messaging team, ext. 4242";
exempt = ( { sender = [ "e@" ]; recipient = [ "postmaster@example.com" ]; },
	{ sender = [ "exempt@example.com" ]; } );
limits = (
  { name = "tempfail"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "t@", "e@" ]; }; action = "tempfail"; },
  { name = "reject"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "r@" ]; }; action = "reject";
    reply = "550 5.7.1 100%% full: %{subject} sent %{max} in %{per}; ask %{contact}"; },
  { name = "discard"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "d@" ]; }; action = "discard"; },
  { name = "quarantine"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "q@" ]; }; action = "quarantine"; },
  { name = "watched"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "m@" ]; }; action = "monitor"; },
  { name = "mailbox"; key = "recipient"; max = 3; per = "1h";
    match = { recipient = [ "@mailbox.test" ]; }; action = "tempfail"; },
  { name = "bytes"; key = "sender"; unit = "bytes"; max = "20 KB"; per = "1h";
    match = { sender = [ "b@" ]; }; action = "tempfail"; },
  { name = "recipients"; key = "sender"; unit = "recipients"; max = 5;
    per = "1h"; match = { sender = [ "n@" ]; }; action = "tempfail"; },
  { name = "login"; key = "auth"; max = 3; per = "1h"; action = "reject"; },
  { name = "network"; key = "client"; max = 3; per = "1h";
    match = { client = [ "198.51.100.0/24", "2001:db8::/32" ]; };
    action = "reject"; },
  { name = "crowd"; key = "all"; unit = "recipients"; max = 2;
    match = { sender = [ "c@" ]; }; action = "tempfail"; },
  { name = "large"; key = "all"; unit = "bytes"; max = "20 KB";
    match = { sender = [ "c@" ]; }; action = "reject"; },
  { name = "batch"; key = "recipient_domain"; unit = "recipients"; max = 2;
    match = { sender = [ "o@" ]; }; action = "tempfail"; },
  { name = "pair"; key = "sender+recipient"; max = 3; per = "1h";
    match = { sender = [ "p@" ]; }; action = "reject"; }
);
EOF
} | weir_config a
weir_start a
postfix_start a "unix:$work/run/a.sock" \
	"non_smtpd_milters = unix:$work/run/a.sock" \
	'smtputf8_enable = yes'

# send FROM TO [options]: the reply to each refused command, and to the end.
send() {
	local from=$1 to=$2
	shift 2
	tool smtp "$@" -f "$from" -t "$to" "$postfix_port"
}
thrice() {
	send "$@" -m 3 | grep -c '^DATA-END 250 '
}
# log_has REGEX: is there such a line in weir's log?
log_has() {
	grep -qE "$1" "$work/a.log"
}
held() {
	find "$postfix_dir/queue/hold" -type f | wc -l
}
none_held() {
	[ "$(held)" -eq 0 ]
}

# one limit after the other: three messages pass, the fourth does not
is "$(thrice t@x.test a@y.test)" 3 "tempfail: three messages pass"
like "$(send t@x.test a@y.test)" \
	'^DATA-END 451 4\.7\.1 .*sender:t@x.test.* 3 .*1h.*ext\. 4242' \
	"the fourth is told what, how many, how long and whom to ask"
ok "and has a line in the log, with every word in its place" log_has \
	'queue-id=[0-9A-F]+ verdict=tempfail limit=tempfail subject=sender:t@x.test used=3/3 per=1h retry=[0-9]+s sender=t@x.test recipients=a@y.test client=127.0.0.1 login=-$'
# by the cache of a second: within one session, where no program has to start
is_refused_again() {
	local smtp reply command
	exec {smtp}<>"/dev/tcp/127.0.0.1/$postfix_port" || return
	for command in "HELO x.test" "MAIL FROM:<t@x.test>" "RCPT TO:<a@y.test>" DATA \
		.; do
		read -rt 20 reply <&"$smtp"
		# refused already: the second is not over
		[[ $reply != 451* ]] || break
		printf '%s\r\n' "$command" >&"$smtp"
	done
	[[ $reply == 451* ]] || read -rt 20 reply <&"$smtp"
	printf '%s\r\n' "MAIL FROM:<T+news@X.TEST>" >&"$smtp"
	read -rt 20 reply <&"$smtp"
	exec {smtp}>&-
	[[ $reply == 451* ]]
}
ok "another spelling is the same sender, refused before any content" \
	wait_for 10 is_refused_again

is "$(thrice r@x.test a@y.test)" 3 "reject: three messages pass"
is "$(send r@x.test a@y.test)" \
	"DATA-END 550 5.7.1 100% full: sender:r@x.test sent 3 in 1h; ask the messaging team, ext. 4242" \
	"the fourth gets the reply of the limit, its % sign too"

is "$(thrice d@x.test a@y.test)" 3 "discard: three messages pass"
like "$(send d@x.test a@y.test)" '^DATA-END 250 ' "the fourth is taken"
ok "and thrown away" log_has 'verdict=discard limit=discard'

is "$(thrice q@x.test a@y.test)" 3 "quarantine: three messages pass"
like "$(send q@x.test a@y.test)" '^DATA-END 250 ' "the fourth is taken"
is "$(held)" 1 "and held"
ok "with the queue id and the reason in the log" log_has \
	'queue-id=[0-9A-F]+ verdict=quarantine limit=quarantine .*used=4/3'

is "$(thrice m@x.test a@y.test)" 3 "monitor: three messages pass"
like "$(send m@x.test a@y.test)" '^DATA-END 250 ' "and so does the fourth"
ok "with a line in the log" log_has 'verdict=monitor limit=watched .*used=4/3'

# recipients
is "$(thrice x@x.test one@mailbox.test)" 3 "a mailbox takes three messages"
out=$(send x@x.test one@mailbox.test,two@mailbox.test)
like "$out" 'RCPT 451 4\.7\.1 .*recipient:one@mailbox.test' \
	"then it alone is refused, at RCPT"
like "$out" 'DATA-END 250 ' "and the other one gets the message"
is "$(redis HGET 'weir:{recipient:one@mailbox.test}:mailbox:1h' used)" 3 \
	"the refused one was not charged"
is "$(redis HGET 'weir:{recipient:two@mailbox.test}:mailbox:1h' used)" 1 \
	"the other one was"
is "$(thrice p@x.test a@y.test)" 3 "a pair has three messages"
like "$(send p@x.test a@y.test,b@y.test)" \
	'RCPT 550 .*DATA-END 250 |RCPT 550 ' "then the pair alone is refused"

# units
like "$(send b@x.test a@y.test -b 10000)" '^DATA-END 250 ' "10 of 20 KB pass"
like "$(send b@x.test a@y.test -b 15000)" '^DATA-END 451 4\.7\.1' "15 more do not"
like "$(send b@x.test a@y.test -b 9000)" '^DATA-END 250 ' \
	"9 more do: a large message does not shut out a small one"
like "$(send b@x.test a@y.test -b 30000)" '^DATA-END 552 5\.3\.4' \
	"30 KB can never pass, so waiting is no advice"
like "$(send n@x.test a@x,b@x,c@x,d@x,e@x,f@x)" '^DATA-END 550 5\.5\.3' \
	"six recipients of five can never pass either"
like "$(send n@x.test a@x,b@x,c@x)" '^DATA-END 250 ' "three of five pass"
like "$(send n@x.test a@x,b@x,c@x)" '^DATA-END 451 ' "three more do not"
like "$(send n@x.test a@x,b@x)" '^DATA-END 250 ' "two more do"

# ceilings for one message
is "$(thrice c@x.test a@x,b@x -b 10000)" 3 "a ceiling keeps no count"
like "$(send c@x.test a@x,b@x,c@x)" \
	'^DATA-END 550 5\.5\.3 .*: 3\..* 2 recipients per message' \
	"three recipients of two are refused with the message"
like "$(send c@x.test a@x -b 30000 -s 30000)" \
	'^MAIL 552 5\.3\.4 .*20 KB per message' \
	"a declared size is refused at MAIL"
like "$(send c@x.test a@x -b 30000)" '^DATA-END 552 5\.3\.4' \
	"an undeclared one at the end"
ok "with the size of the message in the log" log_has \
	'verdict=reject limit=large subject=all used=[23][0-9]{4}/20480 per=message retry=never'
out=$(send o@x.test a@x,b@x,c@x,a@y)
like "$out" '^RCPT 450 4\.5\.3 .*recipient_domain:x ' \
	"the third recipient of a domain is refused alone"
like "$out" 'DATA-END 250 ' "and the message goes to the others"
is "$(redis KEYS 'weir:*:large:*' | grep -c .)" 0 "no window is kept"

# logins and networks
is "$(thrice x@x.test a@y.test -a Jake)" 3 "a login has three messages"
like "$(send z@x.test a@y.test -a jake)" '^DATA-END 550 .*auth:jake' \
	"whatever the sender, and the case"
like "$(send z@x.test a@y.test -a joan)" '^DATA-END 250 ' "another login goes on"
is "$(thrice x@x.test a@y.test -x 198.51.100.7)" 3 "a client has three messages"
like "$(send x@x.test a@y.test -x 198.51.100.7)" 'DATA-END 550 .*client:198' \
	"and no more"
like "$(send x@x.test a@y.test -x 198.51.100.8)" 'DATA-END 250' \
	"its neighbour goes on"
for i in 1 2 3; do
	send x@x.test a@y.test -x "IPV6:2001:db8::$i" >/dev/null
done
like "$(send x@x.test a@y.test -x IPV6:2001:db8::ffff)" \
	'DATA-END 550 .*client:2001:db8::/64' "IPv6 hosts count by their /64"
like "$(send x@x.test a@y.test -x IPV6:2001:db8:0:1::1)" 'DATA-END 250' \
	"another /64 goes on"

# exemptions and the null sender
is "$(send exempt@example.com one@mailbox.test -m 5 | grep -c 'END 250')" 5 \
	"an exempt sender is not counted at all"
is "$(thrice e@x.test a@y.test)" 3 "a sender with an exempt recipient"
like "$(send e@x.test postmaster@example.com)" 'DATA-END 250' \
	"an exempt recipient can be written to"
for to in postmaster@example.com,a@y.test a@y.test,postmaster@example.com; do
	out=$(send e@x.test $to)
	like "$out" 'RCPT 451 .*sender:e@x.test' \
		"but takes nobody else with it ($to)"
	like "$out" 'DATA-END 250' "and is not refused with the other one"
done
is "$(send '' a@y.test -m 9 | grep -c 'END 250')" 9 \
	"the null sender is no sender"

# what is given up costs nothing
send p@x.test never@y.test -e -m 5 >/dev/null
is "$(redis EXISTS 'weir:{sender+recipient:p@x.test+never@y.test}:pair:1h')" 0 \
	"a message that ends with RSET after RCPT is not charged"

# SMTPUTF8
is "$(thrice p@x.test 'jörg@bücher.test')" 3 "SMTPUTF8: three messages pass"
like "$(send p@x.test 'jörg@xn--bcher-kva.test')" '^RCPT 550 ' \
	"the A-label of a domain is the same domain"

# sendmail(1): Postfix plays the session, and a refused RCPT would be an error
submit() {
	printf 'Subject: x\n\nhello\n' |
		sendmail -C "$postfix_dir/etc" -f "$1" "$2"
}
submit x@x.test one@mailbox.test
ok "a local submission is not refused at RCPT, but at its end" \
	wait_for 10 postfix_log_count 'milter-reject: END-OF-MESSAGE.*one@mailbox'
is "$(postfix_log_count 'configuration error')" 0 \
	"Postfix has nothing to complain about"
submit x@x.test three@mailbox.test
ok "one with room is delivered" \
	wait_for 10 postfix_log_count 'to=<three@mailbox.test>.*status=sent'
is "$(redis HGET 'weir:{recipient:three@mailbox.test}:mailbox:1h' used)" 1 \
	"and charged once"

# released mail is not counted again
used=$(redis HGET 'weir:{sender:q@x.test}:quarantine:1h' used)
postsuper -c "$postfix_dir/etc" -H ALL >/dev/null 2>&1
ok "held mail that is released is delivered" \
	wait_for 20 none_held
is "$(redis HGET 'weir:{sender:q@x.test}:quarantine:1h' used)" "$used" \
	"and not counted again"

# a message that is under way when the milter is told to stop
# shellcheck disable=SC2016 # it is Perl
perl -MIO::Socket::INET -e '
	my ($port, $milter) = @ARGV;
	my $s = IO::Socket::INET->new("127.0.0.1:$port") or die;
	sub answer { do { $_ = <$s> // die; print } while (/^\d+-/) }
	answer();
	for my $command ("EHLO a", "MAIL FROM:<s\@x.test>", "",
			"RCPT TO:<a\@y.test>", "DATA",
			"Subject: x\r\n\r\nhello\r\n.") {
		if ($command eq "") {
			kill TERM => $milter;
			select undef, undef, undef, 0.3;
			next;
		}
		print $s "$command\r\n";
		answer();
	}' "$postfix_port" "$(weir_pid a)" >"$work/session"
like "$(tail -1 "$work/session")" '250 2\.0\.0 Ok: queued' \
	"a stop waits for the message under way"
wait "$(weir_pid a)"
is $? 0 "and then the milter has stopped"
rm -f "$work/a.pid"
done_testing
