#!/bin/bash
# SPDX-License-Identifier: ISC
# What a session of Postfix leaves behind for its next message: nothing. And
# what a message leaves behind that has no end. The same at the protocol,
# with what Postfix would never send: raw.t and t/e2e/mt_protocol.t.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
{
	weir_redis 'timeout = "5s";'
	cat <<'EOT'
cache = "0s";
limits = (
  { name = "message"; key = "sender"; max = 1000; per = "1h";
    action = "tempfail"; },
  { name = "copies"; key = "sender"; unit = "recipients"; max = 100000;
    per = "1h"; action = "tempfail"; },
  { name = "tries"; key = "sender"; count = "attempts"; max = 100000;
    per = "1h"; action = "tempfail"; },
  { name = "mailbox"; key = "recipient"; max = 2; per = "1h";
    match = { recipient = [ "@full.test" ]; }; action = "reject"; },
  { name = "large"; key = "sender"; unit = "bytes"; max = 1; per = "1h";
    match = { sender = [ "never@" ]; }; action = "reject"; }
);
EOT
} | weir_config a
weir_start a || exit 1
postfix_start a "unix:$work/run/a.sock" || exit 1

used() {
	redis --raw HGET "weir:{$1}:$2:1h" used
}
# smtp LINE...: one session; each line (\r\n within it are its own) is sent when
# the one before it has been answered; the replies.
smtp() {
	printf '%s\n' "$@" | perl -MIO::Socket::INET -e '
		alarm 10;
		$| = 1;
		my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
		my $answer = sub { my $l; do { $l = <$s> // exit }
			while $l =~ /^\d+-/; print $l };
		$answer->();
		while (my $line = <STDIN>) {
			chomp $line;
			$line =~ s/\\r\\n/\r\n/g;
			print $s "$line\r\n";
			$answer->();
		}' "$postfix_port"
}
mail() {
	echo "MAIL FROM:<$1>"
}
rcpt() {
	echo "RCPT TO:<$1>"
}
body='Subject: x\r\n\r\nhello\r\n.'

# one session, a thousand messages
began=$(date +%s%3N)
smtp-source -d -m 1000 -s 1 -f many@x.test -t one@y.test \
	"127.0.0.1:$postfix_port"
is "$?" 0 "fault 35: 1,000 messages in one session ($((
	$(date +%s%3N) - began)) ms)"
is "$(used sender:many@x.test message) $(used sender:many@x.test copies)" \
	"1000 1000" "fault 35: each is one, and none has another's recipients"
like "$(smtp 'EHLO a' "$(mail many@x.test)" "$(rcpt one@y.test)" DATA "$body" |
	tail -1)" '^451 ' "fault 35: the next one is refused"

# given up
smtp 'EHLO a' "$(mail up@x.test)" "$(rcpt a@y.test)" RSET \
	"$(mail up@x.test)" "$(rcpt a@y.test)" 'EHLO b' \
	"$(mail up@x.test)" "$(rcpt a@y.test)" RSET RSET \
	"$(mail up@x.test)" "$(rcpt a@y.test)" "$(rcpt b@y.test)" QUIT >/dev/null
is "$(redis --raw KEYS 'weir:{sender:up@*')" '' \
	"fault 43: RSET, EHLO, QUIT in a message: nothing is charged"
smtp 'EHLO a' "$(mail up@x.test)" "$(rcpt a@y.test)" "$(rcpt b@y.test)" RSET \
	"$(mail up@x.test)" "$(rcpt c@y.test)" DATA "$body" QUIT >/dev/null
is "$(used sender:up@x.test message) $(used sender:up@x.test copies)" "1 1" \
	"fault 43: the message after it has its own recipients only"

# refused, and then the next MAIL without an abort
smtp 'EHLO a' "$(mail never@x.test)" "$(rcpt a@y.test)" DATA "$body" \
	"$(mail good@x.test)" "$(rcpt a@y.test)" DATA "$body" QUIT >"$work/out"
is "$(cut -c1-3 "$work/out" | tr '\n' ' ')" \
	"220 250 250 250 354 552 250 250 354 250 221 " \
	"fault 44: refused at the end, the next message passes"
is "$(used sender:good@x.test message) $(used sender:good@x.test copies)" \
	"1 1" "fault 44: and is counted as one"
"$BUILD/weirctl" -c "$work/a.conf" block sender:shut@x.test --for 1h \
	--reason test >"$work/out" 2>&1 || diag "$(<"$work/out")"
sleep 0.6 # a block holds within a quarter of a second
smtp 'EHLO a' "$(mail shut@x.test)" "$(mail next@x.test)" \
	"$(rcpt a@y.test)" "$(rcpt b@y.test)" DATA "$body" QUIT >"$work/out"
like "$(sed -n 3p "$work/out")" '^[45]5[01] ' \
	"fault 44: refused at MAIL"
is "$(used sender:next@x.test message) $(used sender:next@x.test copies)" \
	"1 2" "fault 44: the next MAIL of the session begins anew"
is "$(redis --raw KEYS 'weir:{sender:shut@*:message:*')" '' \
	"fault 44: and the blocked one is not charged"
for _ in 1 2; do
	smtp 'EHLO a' "$(mail m@x.test)" "$(rcpt one@full.test)" DATA "$body" \
		QUIT >/dev/null
done
smtp 'EHLO a' "$(mail f@x.test)" "$(rcpt one@full.test)" \
	"$(rcpt two@full.test)" DATA "$body" \
	"$(mail f@x.test)" "$(rcpt one@full.test)" "$(mail f@x.test)" RSET \
	"$(mail f@x.test)" "$(rcpt three@full.test)" DATA "$body" QUIT \
	>"$work/out"
is "$(grep -c '^550 ' "$work/out") $(used sender:f@x.test copies)" "2 2" \
	"fault 44: a recipient that was refused is in no message after it"

# the milter is killed while Postfix waits for its verdict
redis CLIENT PAUSE 8000 WRITE >/dev/null
smtp 'EHLO a' "$(mail k@x.test)" "$(rcpt a@y.test)" DATA "$body" QUIT \
	>"$work/out" &
client=$!
is_charging() {
	redis CLIENT LIST | grep -q 'flags=b.*cmd=evalsha'
}
ok "fault 53: a charge is under way" wait_for 5 is_charging
weir_kill a
wait "$client"
like "$(sed -n 6p "$work/out")" '^451 ' \
	"fault 53: killed at the end of a message: Postfix tempfails it"
redis CLIENT UNPAUSE >/dev/null
weir_start a
smtp 'EHLO a' "$(mail k@x.test)" "$(rcpt a@y.test)" DATA "$body" QUIT \
	>"$work/out"
like "$(sed -n 6p "$work/out")" '^250 ' "fault 53: the next one passes"
used=$(used sender:k@x.test message)
diag "charged: $used; Redis may have taken the request of the dead one"
ok "fault 53: and it is charged once, the lost one once or not at all" \
	test "$used" -ge 1 -a "$used" -le 2
is "$used" "$(used sender:k@x.test copies)" \
	"fault 53: in all of its windows alike"
postfix_settle
is "$(postfix_log_count 'qmgr.*from=<k@x.test>')" 1 "fault 53: one was delivered"
weir_stop a
is $? 0 "and it ends well"
done_testing
