#!/bin/bash
# SPDX-License-Identifier: ISC
# What the journal keeps of the messages of a flood, through a real Postfix:
# those before and those that were stopped, their headers, every queue id that
# was held; and that a calm day has no headers looked at.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
mkdir -p "$work/journal"
[ -z "$test_user" ] || chown "$test_user" "$work/journal"
config() {
	{
		weir_redis
		echo "journal = { directory = \"$work/journal\"; };"
		echo "evidence = { $* };"
		cat <<-'END'
		incident = { quiet = "2s"; over = "1h"; };
		limits = (
		  { name = "own"; key = "sender"; max = 10; per = "1h";
		    action = "tempfail"; },
		  { name = "hold"; key = "recipient"; max = 10; per = "1h";
		    match = { recipient = [ "held@corp.test" ]; };
		    action = "quarantine"; }
		);
		END
	} | weir_config a
}
config 'headers = "near";'
weir_start a
postfix_start a "unix:$work/run/a.sock"

# send FROM TO COUNT [HEADERS]: each message in a session of its own
send() {
	tool smtp -1 -m "$3" -f "$1" -t "$2" -H "${4:-Subject: hello %n}" \
		"$postfix_port" >>"$work/sent"
}
# records WORD: message records with that in them
records() {
	cat "$work"/journal/*.jsonl 2>/dev/null |
		grep '"kind":"message"' | grep -- "$1"
}
count() {
	records "$1" | wc -l
}
at_least_records() {
	[ "$(count "$1")" -ge "$2" ]
}
windows_are() {
	[ "$(redis HGET 'weir:{incidents}:1' windows)" -ge "$1" ]
}
reloads() {
	[ "$(grep -c reloaded "$work/a.log")" -ge "$1" ]
}
is_quiet() {
	[ "$(redis HGET 'weir:{incidents}:1' state)" = quiet ]
}

send calm@dev.test ann@corp.test 3
is "$(count .)" 0 "nothing is kept of calm mail"

script='Subject: Newsletter %n|X-PHP-Originating-Script: 33:cdomail.php|X-Mailer: PHPMailer 6.8'
for i in 1 2 3; do
	send script@dev.test "jake@corp.test" 6 "${script//%n/$i}"
done
ok "the first ones that were stopped" wait_for 10 \
	at_least_records '"role":"first"' 5
is "$(count '"role":"before"')" 3 "and the last three that were let in"
like "$(records '"role":"before"' | tail -1)" '"queue_id":"[0-9A-Za-z]+".*"recipients":\["jake@corp.test"\]|"recipients":\["jake@corp.test"\].*"queue_id"' \
	"with queue id and recipient"
like "$(records '"role":"before"' | tail -1)" 'cdomail.php' \
	"and the script, since the window was half full"
like "$(records '"role":"before"' | tail -1)" '"subject":"Newsletter [0-9]"' \
	"and the subject"
ok "the incident ends" wait_for 10 is_quiet
is "$(redis GET 'weir:{incidents}:next')" 1 "it is one"
ok "counts of its minutes are kept" wait_for 5 \
	grep -q '"kind":"minute".*"incident":1.*"stopped":8\|"kind":"minute".*"stopped":8' \
	"$work"/journal/*.jsonl

# the same script under other names, to other mailboxes, through this host
for name in one two three four; do
	send "$name@dev.test" "$name@corp.test" 13 "$script"
done
ok "four names are stopped" wait_for 10 \
	grep -q 'subject=sender:four@dev.test' "$work/a.log"
ok "and belong to one incident, by their content" wait_for 10 \
	windows_are 4

for i in {1..14}; do
	send "holder$i@dev.test" held@corp.test 1
done
held() {
	records '"role":"held"' | grep -o '"queue_ids":\[[^]]*\]' |
		grep -o '"[0-9A-Za-z]*"' | sort -u | grep -vc queue_ids
}
four_held() {
	[ "$(held)" -eq 4 ]
}
ok "every queue id that was held" wait_for 10 four_held

config 'headers = "always"; subjects = "fold"; recipients = "hash";'
kill -HUP "$(weir_pid a)"
ok "new settings" wait_for 10 reloads 1
send folder@dev.test secret@corp.test 16 "$script"
ok "recipients are hashed" wait_for 10 \
	at_least_records '"recipients":\["hmac:[0-9a-f]\{32\}"\]' 3
is "$(count 'secret@corp')" 0 "and nowhere in the clear"
like "$(records 'hmac:' | tail -1)" '"subject":"newsletter #"' \
	"subjects are folded"
is "$(stat -c %a "$work/journal/recipients.key")" 600 "the key is the owner's"

# what strangers write, in the journal and on a terminal
config 'headers = "always";'
kill -HUP "$(weir_pid a)"
ok "and others" wait_for 10 reloads 2
evil="$(printf '\033[31m\xe2\x80\xae')<script>\"'\`touch $work/pwned\`$(printf 'A%.0s' {1..8192})"
from="\"a;\$(touch $work/pwned)\`touch $work/pwned\`'|&\"@x.test"
send "$from" victim@corp.test 14 "Subject: $evil|X-Mailer: $evil"
ok "a stranger's messages are recorded" wait_for 10 at_least_records 'x.test' 5
is "$(cat "$work"/journal/*.jsonl | LC_ALL=C tr -d '\n -~' | wc -c)" 0 \
	"in printable ASCII"
is "$(cat "$work"/journal/*.jsonl | awk 'length($0) > 8191' | wc -l)" 0 \
	"in lines of at most 8,192 bytes"
last=$(redis GET 'weir:{incidents}:next')
for words in "incident $last" "incident $last --samples" "journal show"; do
	# shellcheck disable=SC2086 # words
	LC_ALL=C.UTF-8 "$BUILD/weirctl" -c "$work/a.conf" $words
done >"$work/shown" 2>&1
ok "they are shown" grep -q 'script>' "$work/shown"
# █ and the like are ours
is "$(perl -pe 's/\xe2\x96[\x80-\x90]//g' "$work/shown" |
	LC_ALL=C tr -d '\n -~' | wc -c)" 0 "without a byte that a terminal obeys"
mkdir "$work/bin"
printf '#!/bin/sh\n' >"$work/bin/weirctl"
chmod +x "$work/bin/weirctl"
sed -n '/^Next/,/^$/s/^  //p' "$work/shown" >"$work/paste"
ok "commands are proposed" grep -q '^weirctl ' "$work/paste"
PATH=$work/bin:$PATH sh "$work/paste"
ok "and pasted they run nothing else" test ! -e "$work/pwned"

weir_stop a
is $? 0 "it stops in good order"
ok "the journal is whole" "$BUILD/weirctl" -c "$work/a.conf" journal verify \
	"$work/journal"
done_testing
