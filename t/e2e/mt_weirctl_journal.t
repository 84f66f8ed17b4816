#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl journal: verify, show, export and prune, on the journal of a milter
# and on what can be done to one; and an independent verifier that was written
# from the manual agrees.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
cd "${0%/*}/../.." || exit 1

ctl() {
	"$BUILD/weirctl" -c "$work/a.conf" journal "$@" 2>&1
}
verify() {
	ctl verify "$@" >"$work/out"
}
mkdir "$work/journal"
[ -z "$test_user" ] || chown "$test_user" "$work/journal"
{
	weir_redis
	echo "journal = { directory = \"$work/journal\"; };"
	echo 'limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
		action = "reject"; } );'
} | weir_config a

like "$(ctl verify)" "nothing found" "no file of a journal"
redis_start
weir_start a
file=
has_file() {
	file=$(find "$work/journal" -name '*.jsonl' | head -1)
	grep -q '"act":"start"' "$file"
}
wait_for 10 has_file
# an order that is older than its first look at Redis is not for its journal
redis_is_known 1
verify
is $? 0 "a file that is written to is whole so far"
like "$(<"$work/out")" "a process writes to it" "which is said"
"$BUILD/weirctl" -c "$work/a.conf" block sender:jake@example.com --for 2h \
	--reason "$(printf 'a\033[31mb\r\n"; rm -rf / #<script>')" >/dev/null
wait_for 10 grep -q '"act":"block"' "$file"
weir_stop a
verify
is $? 0 "a file that was finished is whole"
like "$(<"$work/out")" "No head of a log was compared" "as far as it says itself"
verify --anchors "$work/a.log"
is $? 0 "the heads in the log fit"
like "$(<"$work/out")" 'heads in logs: ([2-9]) of \1 match' "and are counted"
gzip -c "$work/a.log" >"$work/a.log.gz"
verify --anchors "$work/a.log.gz"
is $? 0 "also in a packed log"
head=$(tail -1 "$file" | tr -d '\n' | sha256sum | cut -d' ' -f1)
verify --anchor "$head"
is $? 0 "the head of its last record is there"
verify --anchor "${head//a/b}c"
is $? 64 "what is no head is refused"
verify --anchor "0123456789abcdef0123"
is $? 3 "another head is not there"

# show
like "$(ctl show)" 'begin .*process .*order .*end ' "show has all records in order"
is "$(ctl show --kind order | wc -l)" 1 "or those of a kind"
is "$(ctl show --kind order | LC_ALL=C tr -d '\n -~' | wc -c)" 0 \
	"a stranger's bytes are harmless in it"
is "$(ctl show --json --kind order | perl -MJSON::PP -0777 -ne \
	'print decode_json($_)->[0]{reason}')" \
	"$(printf 'a\033[31mb\r\n"; rm -rf / #<script>')" "and whole in JSON"
like "$(ctl show --kind nonsense)" 'allowed are begin, incident' "no other kind"
ctl show --incident 7 >/dev/null
is $? 1 "nothing of an incident that is not in it"
ctl nonsense >/dev/null
is $? 64 "no other word"

# what can be done to a file: we and the other verifier find the same
copy=$work/${file##*/}
# agree WANTED WHAT [LOG]
agree() {
	local ours theirs
	"$BUILD/weirctl" journal verify ${3:+--anchors "$3"} "$copy" >"$work/out" 2>&1
	ours=$?
	tool journal_check "$copy" ${3:+"$3"}
	theirs=$?
	is "$ours $theirs" "$1 $1" "$2"
}
cp "$file" "$copy"
agree 0 "unchanged"
agree 0 "with its log" "$work/a.log"
sed '3d' "$file" >"$copy"
agree 1 "a line is missing"
sed '3{h;d};4{G}' "$file" >"$copy"
agree 1 "two lines changed places"
sed '3p' "$file" >"$copy"
agree 1 "a line is there twice"
sed '2,$s/"reason"/"raeson"/' "$file" >"$copy"
agree 1 "a member has another name"
head -c -1 "$file" >"$copy"
agree 2 "the last byte is gone"
head -n -1 "$file" >"$copy"
agree 2 "the last line is gone"
head -n -1 "$file" >"$copy"
agree 3 "but the log knows of it" "$work/a.log"
: >"$copy"
agree 2 "all is gone"
agree 3 "which the log knows" "$work/a.log"
{ cat "$file"; head -1 "$file"; } >"$copy"
agree 1 "a line behind the end"
{ cat "$file"; echo; } >"$copy"
agree 1 "an empty line behind the end"
sed '2s/$/\r/' "$file" >"$copy"
agree 1 "a line with CR LF"
sed '2s/$/\x00/' "$file" >"$copy"
agree 1 "and one with a NUL"
perl -pe 's/\n/"x" x 20000 . "\n"/e if $. == 2' "$file" >"$copy"
agree 1 "a line longer than any record"
# a stranger's text in another program's line is no head
cp "$file" "$copy"
name=${file##*/} name=${name%.jsonl}
{
	cat "$work/a.log"
	echo "Nov 25 10:44:00 gw1 postfix/smtpd[7]: from=<\"weir-milter[1]: journal $name n=1 head=$(printf 'x%.0s' {1..64} | tr x 0) \"@x.example>"
} >"$work/forged.log"
agree 0 "a head that a stranger has sent does not count" "$work/forged.log"
copy=$work/${name%.*}.20300101T000000Z.jsonl
cp "$file" "$copy"
agree 3 "under the name of another file"
like "$(<"$work/out")" "it was written as $name.jsonl" "which is said"
copy=$work/${file##*/}
# at 30 places: another byte, and an end
wrong=
size=$(stat -c %s "$file")
for i in $(seq 1 30); do
	perl -0777 -e 'my ($i, $n) = (shift, shift); $_ = <>;
		my $at = int(length($_) / $n * ($i - 1));
		substr($_, $at, 1) ^= chr(1 << $i % 8); print' \
		"$i" 30 "$file" >"$copy"
	"$BUILD/weirctl" journal verify "$copy" >/dev/null 2>&1
	ours=$?
	tool journal_check "$copy"
	[ "$ours $?" = "1 1" ] || wrong+="byte $i "
	head -c $((size * i / 31)) "$file" >"$copy"
	"$BUILD/weirctl" journal verify "$copy" >/dev/null 2>&1
	ours=$?
	tool journal_check "$copy"
	[ "$ours $?" = "2 2" ] || wrong+="cut $i "
done
is "$wrong" "" "each byte and each cut, by both"

# written anew as a whole, with right hashes: only a head from outside tells
perl -MDigest::SHA=sha256_hex -ne '
	s/2h 00m|jake/john/g; s/"sum":"[0-9a-f]{16}",//;
	s/"prev":"[0-9a-f]{64}"/"prev":"$prev"/ if defined $prev;
	chomp; my $sum = substr(sha256_hex($_), 0, 16);
	s/("prev":"[0-9a-f]{64}"\})$/"sum":"$sum",$1/;
	$prev = sha256_hex($_); print "$_\n"' "$file" >"$copy"
ok "the forgery is another file" test "$(<"$file")" != "$(<"$copy")"
agree 0 "a chain that was written anew is whole by itself"
agree 3 "but not with the log" "$work/a.log"
like "$(<"$work/out")" 'is not the one that .*a.log knows' "which says where"

# killed: the next process names the last whole line
weir_start a
wait_for 10 grep -qs 'act":"start' "$work/journal/"*."$(weir_pid a)".*
weir_kill a
verify
is $? 2 "killed: cut"
weir_start a
wait_for 10 grep -qs 'act":"start' "$work/journal/"*."$(weir_pid a)".*
weir_stop a
verify
like "$(<"$work/out")" 'heads in the next file: 2 of 2 match' \
	"the next files know the ones before"
mv "$file" "$work/moved"
verify
is $? 3 "a file that was removed is missed"
like "$(<"$work/out")" "${file##*/} is missing" "by its name"
mv "$work/moved" "$file"

# prune: only what is old, and a record of it
is "$(ctl prune)" "no file is old enough" "prune keeps what is new"
old=$work/journal/$(hostname | tr -c 'A-Za-z0-9._\n' -).1.20200101T000000Z.jsonl
cat >"$work/make.pl" <<'E2'
use Digest::SHA qw(sha256_hex);
my $prev = '0' x 64;
for my $record ('"n":0,"t":"2020-01-01T00:00:00.000Z","kind":"begin"',
	'"n":1,"t":"2020-01-01T00:00:01.000Z","kind":"incident","incident":17,"act":"opened"',
	'"n":2,"t":"2020-01-01T00:00:02.000Z","kind":"order","act":"block"',
	'"n":3,"t":"2020-01-01T00:00:03.000Z","kind":"incident","incident":17,"act":"over"',
	'"n":4,"t":"2020-01-01T00:00:04.000Z","kind":"end","reason":"day"') {
	my $end = qq("prev":"$prev"});
	my $sum = substr(sha256_hex("{$record,$end"), 0, 16);
	my $line = qq({$record,"sum":"$sum",$end);
	print "$line\n";
	$prev = sha256_hex($line);
}
E2
perl "$work/make.pl" >"$old"
is "$("$BUILD/weirctl" journal verify "$old" >/dev/null; echo $?)" 0 \
	"a file by the manual is whole"

# export: the records, what was done meanwhile, the files, all with their sums
ctl export 17 --out "$work/17.tar" >"$work/out"
is $? 0 "export"
mkdir "$work/tape"
tar -xf "$work/17.tar" -C "$work/tape"
ok "its sums are right" sh -c "cd '$work/tape' && sha256sum -c --quiet SHA256SUMS"
is "$(grep -c . "$work/tape/records.jsonl")" 3 \
	"two records of the incident and one of what was done meanwhile"
ok "the whole file goes along" cmp "$old" "$work/tape/journal/${old##*/}"
like "$(<"$work/tape/heads")" \
	"^journal $(basename "$old" .jsonl) n=4 head=[0-9a-f]{64}$" "with its head"
"$BUILD/weirctl" journal verify --anchors "$work/tape/heads" "$work/tape/journal" \
	>/dev/null
is $? 0 "the export verifies without a configuration"
like "$(ctl export 17 --out "$work/17.tar")" "File exists" "nothing is overwritten"
like "$(ctl show --kind process)" 'act="exported"' "that it was taken is a record"

like "$(ctl prune --dry-run)" "would remove .*20200101T000000Z.jsonl" "prune says what"
like "$(ctl prune)" "removed .*20200101T000000Z.jsonl, 5 records" "and removes it"
ok "it is gone" test ! -e "$old"
verify --anchors "$work/tape/heads"
like "$(<"$work/out")" "1 of files that are not here" "it is not missed"
like "$(ctl show --kind pruned)" "20200101T000000Z" "since a record says so"
done_testing
