#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl incident and incidents: whose flood it is, since when, how much, and
# what to type, on incidents that are put into Redis as a milter reports them.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
# shellcheck disable=SC2016 # the $v of json is Perl
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
cd "${0%/*}/../.." || exit 1
work_start
export LC_ALL=C TZ=UTC
{
	weir_redis
	cat <<-EOT
		journal = { directory = "$work/journal"; };
		incident = { shared = [ "192.0.2.0/24" ]; };
		limits = (
		{ name = "own"; key = "sender"; max = 100; per = "1m"; action = "reject"; },
		{ name = "box"; key = "recipient"; max = 9; per = "1m"; action = "quarantine"; }
		);
	EOT
} | weir_config a

# says PATTERN WHAT: the Perl pattern matches what was run
says() {
	ok "$2" perl -0777 -e 'exit($ARGV[0] =~ $ARGV[1] ? 0 : 1)' "$out" "$1"
}

# Exit codes without a Redis
run ctl incidents
is "$code" 69 "69 while Redis is away"
redis_start
run ctl incidents
is "$code $out" "1 no incident" "1: there is no incident"
is "$(ask '@{$v->{incidents}} . ""' incidents)" 0 "as JSON: an empty array"
run ctl incident
is "$code $out" "1 no incident is open" "nor is one open"
run ctl --json incident
is "$code $out" "1 null" "as JSON: null"
run ctl incident 7
is "$code" 1 "1: no such incident"
like "$err" 'no incident 7; weirctl incidents --all' "and how to find one"
for words in "incident seven" "incident 0" "incident 1 2" "incidents 1" \
	"incidents --level grave" "incident --note=" \
	"incident --note $(printf 'x%.0s' {1..501})"; do
	# shellcheck disable=SC2086 # words
	run ctl $words
	is "$code" 64 "64: ${words:0:40}"
done

# report WINDOW...: as a milter, a JSON object each
sequence=0
report() {
	local IFS=,
	sequence=$((sequence + 1))
	redis EVAL "$(<lib/fleet/incident.lua)" 1 'weir:{incidents}' report \
		"{\"milter\":\"gw1\",\"sequence\":$sequence,\"windows\":[$*]}" >/dev/null
}
# window KEY SUBJECT SOURCE STOPPED [MORE]
window() {
	printf '{"key":"%s:60000:%s","limit":"%s","subject":"%s","source":"%s",' \
		"$1" "$2" "$1" "$2" "$3"
	printf '"per":60000,"max":100,"stopped":%s,"held":0,"let_in":100,' "$4"
	printf '"marks":["%s"%s],"bytes":1000%s}' "$2" "${3:+,\"$3\"}" "${5:+,$5}"
}
who='"who":{"sender":[["script@dev.example",352]],
	"client":[["10.20.0.7",352]],"recipient":[["jake@example.com",352]]}'
report "$(window own sender:script@dev.example sender:script@dev.example 352 "$who")"
report "$(window box recipient:ann@example.com '' 12 '"who":{}')"

# the list
run ctl incidents
is "$code" 0 "0 with incidents"
like "$out" 'INCIDENT +LEVEL' "a table"
says '2 +warning.*recipient:ann.*\n *1 +warning.*352.*sender:script' \
	"the newest first"
is "$(ask 'map { $_->{number} } @{$v->{incidents}}' incidents)" "2 1" "as JSON"
is "$(ask 'map { my $i = $_; map { exists $i->{$_} ? () : $_ } qw(number uid
	state level opened stopped let_in held subjects before related others_hit)
	} @{$v->{incidents}}' incidents)" "" "with all members"
is "$(ask '$v->{incidents}[1]{opened} =~ /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ ? 1 : 0' \
	incidents)" 1 "opened is ISO 8601 in UTC"
is "$(ask '"@{$v->{incidents}[1]{subjects}} $v->{incidents}[1]{stopped}"' \
	incidents)" "sender:script@dev.example 352" "subjects are an array"
run ctl incidents --level serious
is "$code $out" "1 no incident" "--level: at least"
run ctl incidents --since 1h --level warning
is "$code $(grep -c example <<<"$out")" "0 2" "--since"

# one in full
run ctl incident 1
is "$code" 0 "0: one incident"
says '^Incident 1: warning, open, not taken\n\nsender:script\@dev\.example floods jake\@example\.com through 10\.20\.0\.7\.\n352 stopped, 100 let in, 0 held\nsince ' \
	"who, whom, how, how much, since when: in the first lines"
like "$out" 'others    no mail of others' "others"
like "$out" '\|.{60}\| stopped and held each minute' "a chart"
says '\n  weirctl -c .* block --incident 1 --for 2h ' "what to type"
is "$(ask '$v->{number}' incident)" 2 "without a number the newest open one"
like "$(ctl incident)" 'No single source: many flood recipient:ann' "nobody is accused"
like "$(ctl incident)" 'No block is proposed: incident 2 has no single source' \
	"and no block proposed"
is "$(ask 'join ",", $v->{block}, $v->{who}{client}[0]{value},
	$v->{limits}[0]{limit}, $v->{minutes}[0]{stopped}' incident 1)" \
	"sender:script@dev.example,10.20.0.7,own,352" "the same as JSON"
is "$(ask 'defined $v->{source} ? 1 : $v->{no_block} =~ /no single source/' \
	incident 2)" 1 "source is null where there is none"

# of a subject
run ctl show sender:script@dev.example
like "$out" "incident 1 \\(warning, open\\): sender:script@dev.example, 352 stopped" \
	"show names the incident"
is "$(ask '$v->{incident}' show sender:script@dev.example)" 1 "as JSON"
run ctl why --sender script@dev.example --recipient ann@example.com
like "$out" "incident 1 .*incident 2 " "why names those of its windows"
is "$(ask 'sort @{$v->{incidents}}' why --sender script@dev.example \
	--recipient ann@example.com)" "1 2" "as JSON"
is "$(ask 'sort @{$v->{incidents}}' why --sender x@y --recipient z@y)" "" \
	"no incident, no name"

# what people do
run ctl incident 1 --take --by ann
like "$out" '^Incident 1: warning, open, taken by ann' "--take"
evil=$(printf 'a\033[31mb\r\n$(touch %s/pwned)`id`;\xe2\x80\xae<script>' "$work")
run ctl incident 1 --note "$evil" --by "$evil"
says 'Notes:\n  .*\\x1b\[31mb\\x0d\\x0a' "a note is one line"
is "$(ask '$v->{notes}[0]{text}' incident 1)" "$evil" "and whole in JSON"
run ctl incident 1 --close --by ann
like "$out" '^Incident 1: warning, over, taken by ann' "--close"
run ctl incident 1 --close --by ann
is "$code" 1 "1: it is over"
run ctl incidents
is "$(grep -c script <<<"$out")" 0 "it is not listed any more"
run ctl incidents --all
is "$(grep -c script <<<"$out")" 1 "but with --all"

# block
run ctl block --incident 1 --for 2h --by ann
is "$code" 0 "block --incident"
says 'block 1: sender:script\@dev\.example, reject(.|\n)*: incident 1' \
	"blocks its source, and says which"
run ctl incident 1
says 'Orders in force:\nblock 1: sender:script' "the incident shows it"
run ctl block --incident 2 --for 2h
is "$code" 1 "1: no source"
like "$err" 'nothing is blocked: incident 2 has no single source.*weirctl block SUBJECT' \
	"with the reason and what to do"
run ctl block --incident 99
is "$code" 1 "1: no such incident"
run ctl block --incident 1 all --reason x
is "$code" 64 "64: both a subject and an incident"
run ctl block --reason x
is "$code" 64 "64: neither"
run ctl block sender:jake@example.com
is "$code" 64 "64: a subject still takes a reason"
# refused SOURCE: as the source of a new incident
refused() {
	report "$(window own "helo:$RANDOM$RANDOM" "$1" 9)"
	run ctl block --incident "$(ask '$v->{incidents}[0]{number}' incidents)"
	is "$code" 1 "no block of ${1:0:40}"
	is "$(ctl orders --json | json 'scalar @$v')" "${2:-1}" "and none is given"
}
refused client:127.0.0.1
refused client:192.0.2.77
report "$(window own helo:x client:2001:db8::/64 9)"
run ctl block --incident "$(ask '$v->{incidents}[0]{number}' incidents)"
like "$code $out" '0 block 2: client:2001:db8::/64' "a client of its own is blocked"
done_testing
