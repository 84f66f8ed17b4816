#!/bin/bash
# SPDX-License-Identifier: ISC
# Two mail hosts behind one name, each with its own weir, on one Redis: the
# recipients that a limit treats differently are split by answers at RCPT, at
# the first attempt and on either host.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start

declare -A port
for host in a b; do
	{
		weir_redis
		cat <<'EOF'
exempt = ( { sender = [ "e@" ]; recipient = [ "postmaster@" ]; } );
limits = (
  { name = "some"; key = "sender"; max = 2; per = "1h";
    match = { sender = [ "m@" ]; recipient = [ "@list.test" ]; };
    action = "reject"; },
  { name = "others"; key = "sender"; max = 2; per = "1h";
    match = { sender = [ "e@" ]; }; action = "tempfail"; },
  { name = "places"; key = "sender"; unit = "recipients"; max = 3; per = "1h";
    match = { sender = [ "p@" ]; not_recipient = [ "@own.test" ]; };
    action = "tempfail"; }
);
EOF
	} | weir_config $host
	weir_start $host
	postfix_start $host "unix:$work/run/$host.sock"
	port[$host]=$postfix_port
done

# send HOST FROM TO
send() {
	tool smtp -f "$2" -t "$3" "${port[$1]}"
}
fill() {
	send a "$1" "$2" >/dev/null
	send b "$1" "$2" >/dev/null
}
used() {
	redis HGET "weir:{sender:$1}:$2:1h" used
}

# spares HOST FROM TO CODE WHAT: one recipient is refused, the rest delivered
spares() {
	local out
	out=$(send "$1" "$2" "$3")
	is "$(grep -c '^RCPT' <<<"$out")" 1 "$5 ($1): one recipient is refused"
	like "$out" "RCPT $4 .*sender:$2" "with this limit, at RCPT"
	like "$out" 'DATA-END 250 ' "and the message is delivered to the others"
}

fill m@x.test one@list.test
for host in a b; do
	spares $host m@x.test a@y.test,one@list.test 550 "a limit with recipients"
	spares $host m@x.test two@list.test,a@y.test 550 "in the other order"
done
is "$(used m@x.test some)" 2 "nothing more is counted"

fill e@x.test one@y.test
for host in a b; do
	spares $host e@x.test postmaster@y.test,one@y.test 451 "an exemption"
	spares $host e@x.test one@y.test,postmaster@y.test 451 "in the other order"
done
is "$(used e@x.test others)" 2 "nothing more is counted"

spares a p@x.test a@y.test,x@own.test,b@y.test,c@y.test,d@y.test 451 \
	"a limit on recipients"
is "$(used p@x.test places)" 3 "those that had room are counted"
spares b p@x.test d@y.test,x@own.test 451 "and on the other host"
is "$(used p@x.test places)" 3 "no more than they"
done_testing
