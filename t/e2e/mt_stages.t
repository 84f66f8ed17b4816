#!/bin/bash
# SPDX-License-Identifier: ISC
# weir never answers "accept" (no more questions about this message, or this
# connection): Postfix before August 2026 could carry that over to the next
# message, which then passed without a milter. Each kind of verdict, at each
# stage where it can fall, at the milter protocol.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
redis_start
# limits EXEMPT
limits() {
	weir_redis
	echo 'cache = "0s"; charge_at_data = [ "early" ];'
	echo "exempt = ( { sender = [ \"free@\" ]; client = \"0.0.0.0/0\"; } $1 );"
	echo 'limits = ('
	for action in monitor quarantine tempfail discard reject; do
		for key in sender recipient helo; do
			match="$key = [ \"$action@\" ]"
			[ $key = helo ] && match="helo = [ \"$action\" ]"
			echo "{ name = \"$key-$action\"; key = \"$key\"; max = 1;
				per = \"1h\"; action = \"$action\";
				match = { $match; }; },"
		done
	done
	echo '{ name = "size"; key = "all"; unit = "bytes"; max = "1 TB";
		per = "1h"; action = "monitor"; } );'
}
limits '' | weir_config a
limits ', { recipient = "free@"; }' | weir_config b
weir_start a || exit 1
weir_start b || exit 1
for action in quarantine tempfail discard reject; do
	"$BUILD/weirctl" -c "$work/a.conf" block "sender:block-$action@x.test" \
		--for 1h --action $action --reason test >/dev/null
	"$BUILD/weirctl" -c "$work/a.conf" block "recipient:block-$action@y.test" \
		--for 1h --action $action --reason test >/dev/null
done
sleep 0.6 # an order holds within a quarter of a second

# messages LISTENER: one of each verdict twice, each in a connection of its own
messages() {
	local name
	for name in none free monitor quarantine tempfail discard reject \
		block-quarantine block-tempfail block-discard block-reject; do
		for sender in "$name@x.test" - "$name@x.test" -; do
			printf '%s\n' open "connect 192.0.2.1 $1" "helo $name" \
				"mail $sender" "rcpt $name@y.test" \
				"rcpt free@y.test" data header eoh body end
			printf '%s\n' open "connect 192.0.2.1 $1" 'helo none' \
				"mail $sender" 'rcpt free@y.test' data header \
				eoh body end
		done
	done
}
# Asks for all stages, as an MTA that leaves none out; then as Postfix.
for steps in 0 1fffff; do
	for name in a b; do
		{
			messages late
			messages early
		} | tool dialogue -s "$steps" "$work/run/$name.sock"
	done
done >"$work/answers"
seen() {
	grep -qE "$1" "$work/answers"
}
ok "there are answers of each stage" test "$(cut -d ' ' -f 1 "$work/answers" |
	sort -u | tr '\n' ' ')" = \
	"body connect data end eoh header helo mail rcpt "
for what in 'mail y 4' 'mail y 5' 'rcpt y 4' 'rcpt y 5' 'data y 4' 'data y 5' \
	'end d' 'end q' 'end c' 'data c'; do
	ok "one of them is \"$what\"" seen "^$what"
done
is "$(grep -c ' a$' "$work/answers")" 0 "none is accept"
weir_stop b
weir_stop a
is $? 0 "and it ends well"
done_testing
