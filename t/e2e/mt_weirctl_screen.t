#!/bin/bash
# SPDX-License-Identifier: ISC
# What people see of weirctl: colours where there is a terminal, tables that
# fit it, local times; and whatever a sender calls himself, he does not paint
# the terminal, and a command acts on him alone.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
# shellcheck disable=SC2016,SC2086 # the $v of json is Perl; words are many
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
[ -c /dev/ptmx ] || skip_all "there are no terminals here"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
limits = (
  { name = "own"; key = "sender"; max = 4; per = "1h"; action = "reject"; },
  { name = "pair"; key = "sender+recipient"; max = 100; per = "1d";
    action = "tempfail"; }
);
EOT
} | weir_config a
weir_start a
unset COLUMNS NO_COLOR
export LC_ALL=C.UTF-8 TERM=xterm
pty=${0%/*}/../lib/pty

# see ARGUMENTS...: as run, but on a terminal; out may have colours
see() {
	run "$pty" ${see_with-} "$BUILD/weirctl" -c "$work/a.conf" "$@"
}
# on_one_terminal: a script on standard input that calls weirctl as "$@"
on_one_terminal() {
	{
		echo "work=$work"
		cat
	} >"$work/script"
	run "$pty" -t 120 bash "$work/script" \
		"$BUILD/weirctl" -c "$work/a.conf"
}
# is_tame FILE: nothing that moves, paints or turns, but weirctl's own colours
is_tame() {
	perl -0777 -ne 'use utf8; s/\e\[(?:0|1|2|31|32|33)m//g; s/\r\n/\n/g;
		my $is_text = utf8::decode($_);
		my @wild = /([^\P{C}\n]|\p{Bidi_Control}|\x{2028}|\x{2029})/g;
		printf "# not UTF-8\n" unless $is_text;
		printf "# U+%04X\n", ord for @wild;
		exit($is_text && !@wild ? 0 : 1)' "$1"
}

# The senders: each once for every byte or sign that somebody may try.
cat >"$work/senders" <<'EOT'
\27[35mred\7
\27]0;title\7x
\27[2J\27[H
\155\51\50m
\194\155\51m
\226\128\174gnp
\226\129\166iso\226\129\169
line\nbreak
back\rspace
del\127
%s%n%x
%1b[35m
a{b}c
{own}
star*
quest?
[a-z]
"with space"
"quoted"
tick'
back\\slash
dollar$HOME
semi;colon
a+b+c
plus+tag
\195\188mlaut
\228\189\160\229\165\189
bad\255utf
cut\226\130
\240\159\152\128
tab\there
EOT
{
	# as bytes, with a NUL behind each
	perl -pe 's/\\(\d{1,3})/chr $1/ge; s/\\n/\n/; s/\\r/\r/; s/\\t/\t/;
		s/\\\\/\\/; s/\n\z/\@evil.test\0/' "$work/senders"
	perl -e 'print "x" x 60000, "\@evil.test\0"'
} >"$work/wild"
see_watch() {
	"$pty" "$BUILD/weirctl" -c "$work/a.conf" watch --for 12s
}
see_watch >"$work/watched" 2>&1 &
watching=$!
watch_is_known 1 1
is "$(tool milter -m 5 -t "$(printf '<r\033[35m@y.test>')" \
	"$work/run/a.sock" <"$work/wild")" "c 128 y 32" \
	"31 wild senders and a long one send five messages each, four go"
alive() {
	kill -0 "$(weir_pid a)"
}
ok "the milter lives" alive
wait "$watching"
is "$(grep -c evil.test "$work/watched")" 160 "watch saw every verdict"
ok "watch: nothing wild on the terminal" is_tame "$work/watched"
ok "top has them all" wait_for 20 ask_is 32 'scalar @$v' top --by sender \
	--rows 100
see top --rows 100
is "$(grep -c own <<<"$out")" 32 "one row each"
ok "top: nothing wild on the terminal" is_tame "$work/run.out"
for locale in C C.UTF-8; do
	for width in 40 80; do
		see_with="-c $width" LC_ALL=$locale see top --rows 100
		ok "top fits $width columns in $locale" \
			fits "$work/run.out" $width
	done
done
# what cannot be shown is %XX, which weirctl takes, too
spelled() {
	perl -pe 's/%([89A-F][\dA-F])/chr hex $1/ge'
}
# what is shown is never cut, so that it can be copied: in a pipe each row is
# one line, on a terminal a long name has a line of its own
ask 'map { "$_->{subject}\n" } @$v' top --by sender --rows 100 |
	sed 's/^ *//; /^$/d' | spelled | sort >"$work/names"
COLUMNS=40 run ctl top --by sender --rows 100
is "$(sed 1d <<<"$out" | awk '{ print $1 }' | spelled | sort | cmp - "$work/names" &&
	wc -l <<<"$out")" 33 "in a pipe each name is there in full"
see_with="-c 80" see top --by sender --rows 100
is "$(sed 's/\r//; s/ .*//; /^$/d' <<<"$out" | grep -c '^sender:')" 32 \
	"on a terminal, too"
is "$(sed 's/\r//; s/ .*//; /^$/d' <<<"$out" | grep '^sender:' |
	spelled | sort | comm -3 - "$work/names" | wc -l)" 0 "the same ones"
ok "in C only ASCII is written" \
	eval 'LC_ALL=C see top && ! LC_ALL=C grep -q "[^ -~[:space:]$(printf "\33")]" "$work/run.out"'

# each of them, by the name that top gives
ask 'map { "$_->{subject}\n" } @$v' top --by sender --rows 100 |
	sed 's/^ *//; /^$/d' >"$work/subjects"
is "$(sort -u "$work/subjects" | wc -l)" 32 "32 names, all different"
on_one_terminal <<'EOT'
while IFS= read -r subject; do
	"$@" show "$subject"
	echo "show $?"
	"$@" --json block "$subject" --by $'me\e[35m' \
		--reason $'bad \e[35m\n\342\200\256' >>"$work/blocks"
	echo , >>"$work/blocks"
	"$@" why --sender "${subject#sender:}" --recipient x@y.test
	echo "why $?"
done <"$work/subjects"
EOT
is "$(tr -d '\r' <"$work/run.out" |
	grep -cx 'show 0\|why 0\|.*4 of 4 messages.*')" 96 \
	"show and why take each name"
is "$(sed '1s/^/[/; $s/,/]/' "$work/blocks" |
	json 'map { "$_->{subject}\n" } @$v' | sed 's/^ *//; /^$/d' |
	cmp - "$work/subjects")" "" "so does block"
ok "and nothing wild is written" is_tame "$work/run.out"
is "$(ask 'my %s = map { $_->{subject} => 1 } @$v; scalar keys %s' orders)" 32 \
	"32 orders on 32 subjects"
see orders
is "$(grep -c '^block' <<<"$out")" 32 "orders: one each"
ok "orders: nothing wild" is_tame "$work/run.out"
see orders --log
is "$(grep -c ' block ' <<<"$out")" 32 "the log: one each"
ok "orders --log: nothing wild" is_tame "$work/run.out"
is "$(load a -c 1 -m 4 -s 4 | field accepted)" 4 "nobody else is blocked"

# as people may type them: one subject, or 64
head -c -60011 "$work/wild" >"$work/typed"
on_one_terminal <<'EOT'
while IFS= read -r -d '' typed; do
	"$@" show "sender:$typed"
	echo "typed $?"
	"$@" block "sender:$typed" --reason x
	echo "typed $?"
done <"$work/typed"
EOT
is "$(tr -d '\r' <"$work/run.out" | grep -cx 'typed \(0\|1\|64\)')" 62 \
	"typed raw: taken or refused with 64"
ok "and nothing wild is written" is_tame "$work/run.out"
is "$(ask 'my %s = map { $_->{subject} => 1 } @$v; scalar(@$v) - keys %s' \
	orders)" 0 "and no subject twice"
long=sender:$(head -c 65536 /dev/zero | tr '\0' y)@evil.test
run ctl block "$long" --reason long
ok "64 KB of a name: one subject or 64" test "$code" -eq 0 -o "$code" -eq 64
ok "and a short answer" test ${#out} -lt 3000 -a ${#err} -lt 3000
run ctl "$(printf '\033[35m')"
is "$code" 64 "an unknown command: 64"
ok "and its name is not painted" eval '! grep -q "$(printf "\33")" "$work/run.err"'
see top --by "$(printf '\033[35m')" --limit "$(printf '\033[35m')"
is "$code" 64 "an unknown key: 64"
ok "and nothing wild" is_tame "$work/run.out"
see check "$(printf '/no\033[35m/where')"
is "$code" 78 "an odd file name: 78"
ok "and nothing wild" is_tame "$work/run.out"

# colours
colours() {
	grep -c "$(printf '\033')" "$work/run.out"
}
for words in status "top --rows 2" orders "show sender:a{b}c@evil.test"; do
	see $words
	[[ $words == orders ]] ||
		ok "$words: colours on a terminal" test "$(colours)" -gt 0
	NO_COLOR=1 see $words
	is "$(colours)" 0 "none with NO_COLOR"
	TERM=dumb see $words
	is "$(colours)" 0 "none with TERM=dumb"
	run ctl $words
	is "$(colours)" 0 "none in a pipe"
	see --json $words
	is "$(colours)" 0 "none in JSON"
	for width in 80 40; do
		COLUMNS=$width see $words
		[[ $words == show* || $words == orders ]] ||
			ok "$words: the tables fit COLUMNS=$width" \
			eval 'grep -v "^Redis\|^Valkey\|^orders" "$work/run.out" >"$work/tables"
				fits "$work/tables" $width'
	done
done

# times
TZ=Asia/Kolkata run ctl orders --log --last 1
like "$out" '20[0-9-]+ [0-9:]+ \+0530' "times are local, with their offset"
TZ=Asia/Kolkata run ctl show sender:star*@evil.test
like "$out" ' \+0530' "in show, too"
is "$(TZ=Asia/Kolkata ask '$v->[0]{time} =~ /T[\d:.]+Z$/ ? 1 : $v->[0]{time}' \
	orders --log --last 1)" 1 "and UTC in JSON"
done_testing
