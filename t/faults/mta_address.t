#!/bin/bash
# SPDX-License-Identifier: ISC
# One identity, however it is written: addresses and clients at the milter
# protocol, as no MTA would pass them all. What hostile bytes do to the log is
# in raw.t, to the terminal in t/e2e/mt_weirctl_screen.t.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
cache = "0s";
limits = (
  { name = "s"; key = "sender"; max = 3; per = "1h"; action = "tempfail"; },
  { name = "c"; key = "client"; max = 100; per = "1h"; action = "tempfail"; }
);
EOT
} | weir_config a
weir_start a || exit 1

# say SENDER...: the letters of the answers, each sender one message
say() {
	printf '%s\0' "$@" | tool milter "$work/run/a.sock"
}
used() {
	redis HGET "weir:{$1}:$2:1h" used
}
weirctl() {
	"$BUILD/weirctl" -c "$work/a.conf" "$@"
}
# same NAME SUBJECT SENDER...: all are one subject, and nothing else is new
same() {
	local name=$1 subject=$2
	shift 2
	redis FLUSHALL >/dev/null
	say "$@" >/dev/null
	is "$(redis --raw KEYS 'weir:{sender:*' | tr '\n' ' ')$(
		used "sender:$subject" s)" \
		"weir:{sender:$subject}:s:1h $#" "$name"
}

same "fault 41: case, a source route and a final dot are one sender" \
	u@x.test 'U@X.Test' '@a,@b:u@x.test' 'u@x.test.'
same "fault 41: quotes that are not needed are none" u@x.test \
	'"u"@x.test' '"\u"@x.test' 'u@x.test'
same "fault 41: quotes that are needed stay" '"a%20b"@x.test' \
	'"a b"@x.test' '"a\ b"@X.test'
same "fault 41: a name without a domain is a sender" u u U
same "fault 41: a tag is no other sender (tag in identity, by default)" \
	u@x.test u+one@x.test u+two@x.test u@x.test

# UTF-8
same "fault 40: U-label and A-label of a domain are one" \
	'u@xn--bcher-kva.test' 'u@bücher.test' 'u@xn--bcher-kva.test' \
	'u@BÜCHER.test'
nfc=$(printf 'j\303\266rg@x.test') nfd=$(printf 'jo\314\210rg@x.test')
redis FLUSHALL >/dev/null
first=$(say "$nfc" "$nfd"; redis --raw KEYS 'weir:{sender:*' | sort)
redis FLUSHALL >/dev/null
again=$(say "$nfd" "$nfc"; redis --raw KEYS 'weir:{sender:*' | sort)
is "$first" "$again" "fault 40: NFC and NFD are told apart in any order alike"
bad=$(printf '\377\300x@x.test')
same "fault 40: bytes that are not UTF-8 are kept as they are" \
	'%FF%C0x@x.test' "$bad" "$bad"
is "$(weirctl show --json "sender:$bad" | perl -MEncode -MJSON::PP -e '
	local $/;
	my $text = Encode::decode("UTF-8", scalar <STDIN>, Encode::FB_CROAK);
	print join ",", grep { $_ } map { $_->{used} }
		@{JSON::PP->new->decode($text)->{windows}}')" 2 \
	"fault 40: and the JSON about them is valid UTF-8"

# characters that mean something to Redis or to a pattern
redis FLUSHALL >/dev/null
say '*@x.test' 'a?@x.test' '[ab]@x.test' 'ab@x.test' '{x}@x.test' \
	'a@x.test' 'b@x.test' >/dev/null
is "$(redis --raw KEYS 'weir:{sender:*' | wc -l)" 7 \
	"fault 42: seven senders with pattern characters are seven subjects"
for odd in '*@x.test' 'a?@x.test' '[ab]@x.test'; do
	weirctl reset "sender:$odd" >"$work/out" 2>&1 ||
		diag "$(<"$work/out")"
done
is "$(used 'sender:a@x.test' s)$(used 'sender:b@x.test' s)$(
	used 'sender:ab@x.test' s)" 111 \
	"fault 42: to reset three of them resets nobody else"
is "$(redis --raw KEYS 'weir:{sender:*' | wc -l)" 4 \
	"fault 42: but these three"

# clients
client() {
	printf 'a@x.test\0' | tool milter -x "$1" "$work/run/a.sock" >/dev/null
}
clients() {
	redis --raw KEYS 'weir:{client:*' | sort | tr '\n' ' '
}
redis FLUSHALL >/dev/null
client 192.0.2.7
tool milter -F 6 -x '::ffff:192.0.2.7' "$work/run/a.sock" \
	< <(printf 'b@x.test\0') >/dev/null
is "$(clients)$(used client:192.0.2.7 c)" "weir:{client:192.0.2.7}:c:1h 2" \
	"fault 49: an IPv4 address in IPv6 is that address"
redis FLUSHALL >/dev/null
for address in 2001:db8::1 2001:DB8:0:0:ffff::2 IPv6:2001:db8::3; do
	tool milter -F 6 -x "$address" "$work/run/a.sock" \
		< <(printf 'a%s@x.test\0' "${#address}") >/dev/null
done
is "$(redis --raw KEYS 'weir:{client:*' | wc -l)" 1 \
	"fault 49: a /64 is one client, with IPv6: before it or not"
is "$(redis --raw HGET "$(redis --raw KEYS 'weir:{client:*')" used)" 3 \
	"fault 49: with the mail of all three"
redis FLUSHALL >/dev/null
tool milter -F L -x /run/x "$work/run/a.sock" < <(printf 'l@x.test\0') >/dev/null
tool milter -F U "$work/run/a.sock" < <(printf 'l@x.test\0') >/dev/null
is "$(clients | tr -d " ")$(used sender:l@x.test s)" 2 \
	"fault 49: a unix socket or an unknown family is no client at all"
weir_stop a
is $? 0 "and it ends well"
done_testing
