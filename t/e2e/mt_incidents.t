#!/bin/bash
# SPDX-License-Identifier: ISC
# Floods through a real Postfix, and what the log and Redis say of them: the
# flood of 2001 with five later names and the surge after a restart, two logins
# through one webmail host, one login from 200 clients, a mailbox bombed by
# 500, and an outage of Redis in the middle of a flood.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
mkdir "$work/journal"
[ -z "$test_user" ] || chown "$test_user" "$work/journal"
{
	weir_redis
	echo "journal = { directory = \"$work/journal\"; };"
	cat <<'END'
incident = { quiet = "5s"; over = "1h"; shared = [ "192.0.2.9" ]; };
limits = (
  { name = "own-sender"; key = "sender"; max = 20; per = "1h";
    match = { client = [ "10.0.0.0/8" ]; }; action = "tempfail"; },
  { name = "login"; key = "auth"; max = 20; per = "1h"; action = "tempfail"; },
  { name = "mailbox"; key = "recipient"; max = 30; per = "1h";
    match = { recipient = [ "bombed@corp.test" ]; }; action = "tempfail"; }
);
END
} | weir_config a
weir_start a
postfix_start a "unix:$work/run/a.sock"

# send CLIENT LOGIN FROM TO COUNT: in one session; %n is the message's number.
send() {
	tool smtp -H "Subject: from $3" -x "$1" ${2:+-a "$2"} -f "$3" -t "$4" -m "$5" \
		"$postfix_port" >>"$work/sent"
}

# acts [of incident N]: what the log says, in order
acts() {
	sed -n "s/.*incident=${1:-[^ ]*} act=\([a-z]*\) .*/\1/p" "$work/a.log" |
		tr '\n' ' '
}
field() {
	redis HGET "weir:{incidents}:$1" "$2"
}
is_state() {
	[ "$(field "$1" state)" = "$2" ]
}
logged() {
	acts "$1" | grep -q "$2"
}

# 2001: one name, and five more meanwhile
send 10.20.0.7 '' script@dev.test mailbox@corp.test 100
for name in one two three four five; do
	send 10.20.0.7 '' "$name@dev.test" mailbox@corp.test 30
done
ok "the flood is quiet at last" wait_for 20 is_state 1 quiet
is "$(redis GET 'weir:{incidents}:next')" 1 "one flood is one incident"
is "$(field 1 windows)" 6 "six windows stopped its mail"
is "$(field 1 source)" client:10.20.0.7 "its source is the client"
is "$(($(field 1 stopped) + $(field 1 let_in)))" 250 \
	"what was stopped and let in is what was sent"
is "$(acts 1 | tr ' ' '\n' | grep -c 'opened\|serious')" 2 \
	"each act is logged once"
like "$(grep 'act=opened' "$work/a.log")" \
	'incident=1 act=opened level=warning who=client:10.20.0.7 limit=own-sender subject=sender:script@dev.test stopped=[0-9]* let_in=[1-9][0-9]* held=0' \
	"with who, and how much"
# two logins through one webmail host, one login from 200 clients
for _ in $(seq 5); do
	send 192.0.2.9 ann ann@corp.test friend@else.test 10
	send 192.0.2.9 bob bob@corp.test friend@else.test 10
done
send 198.51.100.%n eve eve@corp.test friend%n@else.test 200
wait_for 20 logged 4 opened
is "$(redis GET 'weir:{incidents}:next')" 4 \
	"two logins are two incidents, one login from 200 clients is one"
is "$(field 2 source) $(field 3 source) $(field 4 source)" \
	"auth:ann auth:bob auth:eve" "each is the login's"
is_at() {
	[ "$(field "$1" stopped) $(field "$1" let_in)" = "$2" ]
}
ok "all that was stopped is in it" wait_for 5 is_at 4 "180 20"

# a mailbox bombed by many
for net in 1 2; do
	send "203.0.113.%n" '' "list$net-%n@far.test" bombed@corp.test 250
done
wait_for 20 logged 5 opened
is "$(redis GET 'weir:{incidents}:next')" 5 "a mail bomb is one incident"
is "$(field 5 source)" '' "and nobody is accused"
ok "to the message" wait_for 5 is_at 5 "470 30"

# Redis is killed in the middle of a flood, and comes back empty
send 10.20.0.8 '' night@dev.test mailbox@corp.test 60
wait_for 20 logged 6 opened
redis_kill
send 10.20.0.8 '' night@dev.test mailbox@corp.test 60
send 10.20.0.9 '' other@dev.test friend@else.test 60
here=$(hostname)-1
ok "without Redis it is opened here" wait_for 20 logged "$here" opened
redis_start
ok "and when Redis is back it is one of the site" \
	wait_for 20 grep -q "act=adopted .*text=$here" "$work/a.log"
ok "that it has lost is restored" wait_for 20 logged 6 restored
is "$(acts "$here" | tr -d " ")" opened "it was opened once"
adopted=$(sed -n "s/.*incident=\([0-9]*\) act=adopted .*/\1/p" "$work/a.log")
is "$(acts "$adopted" | grep -c opened)" 0 "and not a second time"
is "$(($(field "$adopted" stopped) + $(field "$adopted" let_in)))" 60 \
	"no message of it is lost, none double"
is "$(field 6 stopped)" "$((120 - $(field 6 let_in)))" \
	"nor of the one before"

# the surge after a restart, when the first flood is over
sed -i 's/over = "1h"/over = "1s"/' "$work/a.conf"
weir_signal a USR1
ok "after a while a number is closed" wait_for 20 is_state 1 over
weir_stop a
weir_start a
last=$(redis GET 'weir:{incidents}:next')
send 10.20.0.7 '' script@dev.test mailbox@corp.test 60
ok "after the restart it is another one" \
	wait_for 20 logged "$((last + 1))" opened
like "$(grep "incident=$((last + 1)) act=opened" "$work/a.log")" ' before=1' \
	"which names the first"
recorded() {
	grep -h "\"incident\":$((last + 1)),.*\"act\":\"opened\"" \
		"$work"/journal/* | grep -q '"from":"20[0-9-]*T'
}
ok "the journal has since when mail is its own" wait_for 20 recorded

done_testing
