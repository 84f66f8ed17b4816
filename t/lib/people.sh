# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# People who write letters to each other while something else goes on, and how
# long each letter needed until it was taken. After servers.sh.

people=20
pace=1.5    # seconds between two letters of one person
mail_port=0 # of 127.0.0.1, where they hand in their letters

# One message over SMTP, written to fd 3 and read from it; leaves the last
# reply in $reply. printf writes line by line, which TCP would slow down, so
# the letter itself, of many lines, goes out by cat.
converse() {
	local command
	for command in "HELO desk.example" "MAIL FROM:<$1>" "RCPT TO:<$2>" \
		DATA; do
		read -r -t 60 reply <&3 && [[ $reply == 2* ]] || return
		printf '%s\r\n' "$command" >&3
	done
	read -r -t 60 reply <&3 && [[ $reply == 354* ]] || return
	cat "$work/letter" >&3
	read -r -t 60 reply <&3 && [[ $reply == 250* ]]
}

# write_letter FROM TO FILE: adds "FROM yes|no MICROSECONDS REPLY" to FILE.
write_letter() {
	local reply='no connection' said=no began=${EPOCHREALTIME/./}
	if exec 3<>"/dev/tcp/127.0.0.1/$mail_port"; then
		converse "$1" "$2" && said=yes
		printf '%s %s %s %s\n' "$1" "$said" \
			$((${EPOCHREALTIME/./} - began)) "${reply%$'\r'}" >>"$3"
		printf 'QUIT\r\n' >&3
		exec 3>&-
	fi 2>/dev/null
}

person() {
	printf 'user%02d@example.com' $((($1 - 1) % people + 1))
}

# people_start COUNT FILE: everybody begins to write COUNT letters; 0: until
# there is $work/people.end.
people_start() {
	local i
	printf 'Subject: lunch\r\n\r\nAt noon?\r\n.\r\n' >"$work/letter"
	: >"$2"
	for i in $(seq "$people"); do
		person_writes "$i" "$1" "$2" &
		echo $! >"$work/person$i.pid"
	done
}

person_writes() {
	local written=0
	sleep "$(awk "BEGIN { print $1 * $pace / $people }")"
	while [ -d "$work" ] && [ ! -e "$work/people.end" ] &&
		{ [ "$2" -eq 0 ] || [ "$written" -lt "$2" ]; }; do
		write_letter "$(person "$1")" "$(person $(($1 + 1)))" "$3"
		written=$((written + 1))
		sleep "$pace"
	done
}

people_wait() {
	local file
	for file in "$work"/person*.pid; do
		wait "$(<"$file")"
		rm -f "$file"
	done
}

# delays FILE: median and worst in milliseconds.
delays() {
	awk '{ print $3 }' "$1" | sort -n | awk '
		{ at[NR] = $1 / 1000 }
		END { printf "%.0f ms / %.0f ms", at[int((NR + 1) / 2)], at[NR] }'
}
