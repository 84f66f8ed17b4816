#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl replay of a real Postfix's log finds what weir-milter did with the
# mail of it: a flood at one mailbox and from one sender, some of it refused
# at MAIL and at RCPT, while others write as always.
# shellcheck disable=SC2016 # the expressions are perl's
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
{
	weir_redis
	cat <<'EOC'
limits = (
  { name = "sender-hour"; key = "sender"; max = 100; per = "1h";
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
postfix_start a "unix:$work/run/a.sock" \
	"non_smtpd_milters = unix:$work/run/a.sock"
log=$postfix_dir/log/maillog

send() {
	tool smtp "$@" "$postfix_port" >>"$work/sent"
}
smtp-source -A -c -m 700 -s 10 -f script@dev.test -t mailbox@corp.test \
	"127.0.0.1:$postfix_port" >"$work/flood" 2>&1
for i in 1 2 3 4 5 6; do
	send -f "user$i@corp.test" -t "friend$i@else.test" -m 3
done
send -f a@corp.test -t b@else.test -a Jake -m 8
send -f h@corp.test -t b@else.test -m 4
send -f g@corp.test -t b@else.test -m 5
send -f m@corp.test -t a@x.test,b@x.test,c@x.test -m 2
send -f m@corp.test -t d@x.test
send -f c@corp.test -t one@box.test -m 10
send -f d@corp.test -t one@box.test,other@else.test -m 2
send -f e@corp.test -t two@box.test -x IPV6:2001:db8::7
postfix_settle

# what really happened: a line of Postfix's log for each
happened() {
	grep -cE "milter-$1: [A-Z-]+ from .*$2" "$log"
}
json=$("$BUILD/weirctl" --json replay -c "$work/a.conf" "$log")
is $? 0 "the log is replayed"
# replayed EXPRESSION: what perl finds at it, in the answer
replayed() {
	perl -MJSON::PP -e '
		my $all = decode_json($ARGV[0]);
		my %limit = map { $_->{limit} => $_ } @{ $all->{limits} };
		print eval $ARGV[1] // die $@' "$json" "$1"
}
refused=$(happened reject 'sender:script@dev.test may ')
ok "the flood was refused, 550 times or more" test "$refused" -ge 550
is "$(replayed '$limit{"sender-hour"}{stopped}')" "$refused" \
	"as many are stopped by the sender's limit as really were"
is "$(replayed '$limit{"sender-hour"}{most_stopped}[0]{subject}')" \
	sender:script@dev.test "and the flooder is named"
is "$(replayed '$limit{"sender-hour"}{most_stopped}[0]{stopped}')" \
	"$refused" "with all of it"
is "$(replayed '$limit{"sender-hour"}{highest}{used}')" 100 \
	"it used the limit up"
is "$(replayed '$limit{login}{stopped}')" \
	"$(happened reject 'auth:jake may ')" "a login: as many"
is "$(replayed '$limit{login}{most_stopped}[0]{subject}')" auth:jake \
	"whatever its case"
is "$(replayed '$limit{box}{recipients_refused}')" \
	"$(happened reject 'recipient:one@box.test may ')" \
	"a mailbox: as many recipients refused"
is "$(replayed '$limit{box}{stopped}')" 3 \
	"and stopped are the messages that had no other recipient"
is "$(replayed '$limit{held}{outcomes}{quarantine}')" \
	"$(happened hold 'from=<h@corp.test>')" "quarantine: as many"
is "$(replayed '$limit{gone}{stopped}')" \
	"$(grep -cE '(NOQUEUE: milter-discard: MAIL|milter-discard: END-OF).*<g@' "$log")" \
	"discard: as many, though Postfix plays on with each"
is "$(replayed '$limit{many}{stopped}')" \
	"$(happened reject 'sender:m@corp.test may ')" \
	"recipients: as many"
is "$(replayed '$all->{stopped}')" \
	"$(grep -cE 'NOQUEUE: milter-[a-z]*: MAIL|milter-(reject|discard): END-OF|milter-reject: RCPT .*from=<(c@|script@)' "$log")" \
	"in all, every message that was kept out"
is "$(replayed '$limit{all}{highest}{used}')" \
	"$(redis HGET 'weir:{all}:all:1h' used)" \
	"the window of all mail held what it holds in Redis"

# the same, packed
gzip -k "$log"
is "$("$BUILD/weirctl" --json replay -c "$work/a.conf" "$log.gz" |
	grep -v maillog)" "$(grep -v maillog <<<"$json")" \
	"a packed log gives the same"

# two configurations
sed 's/max = 100; per/max = 150; per/' "$work/a.conf" >"$work/b.conf"
json=$("$BUILD/weirctl" -c "$work/b.conf" --json replay \
	--diff "$work/a.conf" "$log")
is "$(replayed '$all->{diff}{stopped_by_old_only}')" 50 \
	"--diff: 50 more in an hour, 50 fewer stopped"
is "$(replayed '$all->{diff}{stopped_by_new_only}')" 0 "and none instead"

json=$("$BUILD/weirctl" -c "$work/a.conf" --json replay --suggest "$log")
is "$(replayed '(grep { $_->{limit} eq "sender-hour" }
	@{ $all->{suggest}{limits} })[0]{highest_peak}')" 700 \
	"--suggest knows what the flooder would have reached"
like "$("$BUILD/weirctl" replay -c "$work/a.conf" --suggest "$log")" \
	'sender-hour +[0-9]+ .*sender:script@dev.test' \
	"and people get tables of it"

# mail of sendmail(1)
printf 'Subject: x\n\nx\n' | sendmail -C "$postfix_dir/etc" \
	-f local@corp.test a@else.test
ok "mail of sendmail(1) has come" wait_for 20 \
	grep -q 'from=<local@corp.test>.*nrcpt' "$log"
json=$("$BUILD/weirctl" -c "$work/a.conf" --json replay "$log")
is "$(replayed '$all->{left_out}{local}')" 1 "it is left out, and said so"
before=$(replayed '$all->{messages}')
json=$("$BUILD/weirctl" -c "$work/a.conf" --json replay --local "$log")
is "$(replayed '$all->{messages}')" $((before + 1)) "unless --local asks for it"

# as journalctl -o short-iso prints it
perl -MPOSIX -pe '
	BEGIN {
		@m{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = 1 .. 12;
		$year = 1900 + (localtime)[5];
		$zone = strftime("%z", localtime);
		print "-- Boot 5f0c3f0b9d4f4c3ba5f7e2a1d2c3b4a5 --\n";
	}
	s{^(\w+) +(\d+) (\S+)}{sprintf "%d-%02d-%02dT%s%s", $year, $m{$1},
		$2, $3, $zone}e' "$log" >"$work/journal"
like "$(tail -1 "$work/journal")" '^[0-9]{4}-[0-9-]+T[0-9:]+[+-][0-9]{4} ' \
	"a journal"
is "$("$BUILD/weirctl" -c "$work/a.conf" --json replay --local - \
	<"$work/journal" | perl -MJSON::PP -e 'local $/;
	print decode_json(<STDIN>)->{messages}')" $((before + 1)) \
	"from standard input gives the same"

# what is wrong
"$BUILD/weirctl" -c "$work/a.conf" replay "$work/none" >"$work/out" 2>&1
is $? 66 "a log that is not there"
is "$(<"$work/out")" \
	"weirctl replay: $work/none: No such file or directory" "is named"
: >"$work/empty"
"$BUILD/weirctl" -c "$work/a.conf" replay "$work/empty" >"$work/out" 2>&1
is $? 1 "a log without mail is nothing"
"$BUILD/weirctl" -c "$work/none" replay "$log" >"$work/out" 2>&1
is $? 78 "a configuration that is not there"
"$BUILD/weirctl" -c "$work/a.conf" replay --suggest - </dev/null \
	>"$work/out" 2>&1
is $? 64 "standard input cannot be read twice"
"$BUILD/weirctl" -c "$work/a.conf" replay --suggest --margin 0.5 "$log" \
	>"$work/out" 2>&1
is $? 64 "a margin below 1 is refused"
is "$(<"$work/out")" 'weirctl replay: --margin: found "0.5", allowed is a number from 1 to 100, with up to three decimals' \
	"and told what is allowed"

# what is not understood is counted and named
printf 'gibberish\nmore of it\n' >"$work/odd"
"$BUILD/weirctl" replay -c "$work/a.conf" "$work/odd" "$log" \
	>"$work/odd.out" 2>"$work/odd.err"
is "$?" 66 "a file without one line of a known form: 66"
is "$(<"$work/odd.err")" "weirctl replay: $work/odd: 2 of 2 lines could not be \
parsed (not a known mail log format), the first: \"gibberish\"" "and named"
cat "$log" "$work/odd" >"$work/some"
"$BUILD/weirctl" replay -c "$work/a.conf" "$work/some" \
	>"$work/odd.out" 2>"$work/odd.err"
is "$? $(grep -c ': 2 of [0-9]* lines could not be parsed, the first: "gib' \
	"$work/odd.err")" "0 1" "some lines of it: reported, and 0"
done_testing
