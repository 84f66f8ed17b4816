#!/bin/bash
# SPDX-License-Identifier: ISC
# Many at once: recipients of one message, sessions. See also t/e2e/mt_count.t for
# exactly max, whoever asks at once.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
# shellcheck source=t/lib/faults.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
. "${0%/*}/../lib/faults.sh"
work_start
redis_start

crowd_config() {
	{
		weir_redis
		cat <<'EOT'
limits = (
  { name = "message"; key = "sender"; max = 1000000; per = "1h";
    action = "tempfail"; },
  { name = "copies"; key = "sender"; unit = "recipients"; max = 1000000;
    per = "1h"; action = "tempfail"; },
  { name = "mailbox"; key = "recipient"; max = 1; per = "1h";
    match = { recipient = [ "@full.test" ]; }; action = "reject"; }
);
EOT
	} | weir_config "$1"
}
crowd_config a
weir_start a || exit 1
used() {
	redis --raw HGET "weir:{$1}:$2:1h" used
}

# A message to 10,000, and one to 1,000 of whom each is full.
if postfix_is_possible; then
	postfix_start a "unix:$work/run/a.sock" || exit 1
	before=$(memory a) began=$(date +%s%3N)
	smtp-source -r 10000 -m 1 -s 1 -f wide@x.test -t many@y.test \
		"127.0.0.1:$postfix_port"
	is $? 0 "fault 34: one message to 10,000 recipients is taken"
	took=$(($(date +%s%3N) - began))
	grown=$(($(memory a) - before))
	diag "took $took ms, weir-milter grew by $grown KB"
	ok "fault 34: within 30 s" at_most "$took" 30000
	memory_at_most "$(memory a)" $((before + 20000)) \
		"fault 34: it grew by less than 20 MB"
	is "$(used sender:wide@x.test message)/$(
		used sender:wide@x.test copies)" 1/10000 \
		"fault 34: it is one message, and 10,000 recipients"
	full=$(printf ',r%s@full.test' $(seq 500))
	tool smtp -f one@x.test -t "${full#,}" "$postfix_port" >/dev/null
	tool smtp -f two@x.test -t "${full#,},free@y.test" \
		"$postfix_port" >"$work/out"
	is "$(grep -c '^RCPT 550' "$work/out")$(
		grep -c '^DATA-END 250' "$work/out")" 5001 \
		"fault 34: each recipient has an answer of his own"
	is "$(used sender:two@x.test copies)" 1 \
		"fault 34: and the one who was left is counted"
	began=$(date +%s%3N)
	smtp-source -m 1500 -s 500 -f crowd@x.test -t many@y.test \
		"127.0.0.1:$postfix_port"
	is "$? $(used sender:crowd@x.test message)" "0 1500" \
		"fault 36: 500 sessions of SMTP: all is taken, and counted"
	diag "took $(($(date +%s%3N) - began)) ms"
	postfix_stop "$postfix_dir"
else
	skip "fault 34: 10,000 recipients behind Postfix" "root and postfix"
fi

# 500 sessions
before=$(threads a)
fault_load a crowd -c 500 -m 10000 -p 4 -s 1000
is "$(verdicts crowd)" 10000/0/0/0 "fault 36: 500 sessions at once: all is taken"
diag "p99 of the end of a message: $(field crowd eom_p99_us) us," \
	"slowest callback $(slowest crowd) us," \
	"$(field crowd messages) messages in $(($(date +%s%3N) - $(
		cat "$work/crowd.began"))) ms"
ok "fault 36: no answer takes two seconds" at_most "$(slowest crowd)" 2000000
few_threads() {
	[ "$(threads a)" -le $((before + 4)) ]
}
diag "threads: $before before, $(threads a) after"
ok "fault 36: its threads go again" wait_for 10 few_threads

weir_stop a
is $? 0 "and it ends well"
done_testing
