#!/bin/bash
# SPDX-License-Identifier: ISC
# What bash offers when Tab is pressed behind words of weirctl.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
root=$(pwd)
given=$BUILD # make(1) takes no path with blanks
case $BUILD in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
# words are cut at blanks, and $BUILD may have some
weirctl=$work/weirctl
ln -s "$BUILD/weirctl" "$weirctl"

cat >"$work/weir.conf" <<-'EOF'
	limits = (
	{ name = "stranger"; key = "client"; max = 9; per = "1m"; action = "reject"; },
	{ name = "stranger.bytes"; key = "client"; unit = "bytes"; max = 9;
	  per = "1m"; action = "reject"; },
	{ name = "gateway"; key = "all"; max = 9; per = "1m"; action = "monitor"; }
	);
	keeper = { alerts = ( { name = "phone"; command = [ "/bin/true" ]; },
		{ name = "noc"; mail = [ "noc@x.test" ]; server = "smtps://mx.x.test"; } ); };
EOF
mkdir "$work/files"
touch "$work/files/one" "$work/files/two three"

# sorted WORDS: in one line
sorted() {
	local words=("$@")
	[ $# -le 1 ] || mapfile -t words < <(printf '%s\n' "$@" | sort -u)
	echo "${words[*]}"
}
# offers LINE [whole]: what is offered behind "weirctl LINE". The completion is
# given it as readline would: cut at blanks and, unless COMP_WORDBREAKS has none
# of them, around ':', '=' and '@'. It runs in a shell of its own: $(offers ...).
# shellcheck disable=SC2030,SC2031 # each has its own COMP_WORDBREAKS
offers() {
	local cut
	exec 2>&1
	COMP_LINE="$weirctl $1"
	COMP_POINT=${#COMP_LINE}
	cut=$COMP_LINE
	if [ "${2-}" = whole ]; then
		COMP_WORDBREAKS=' '
	else
		cut=${cut//:/ : }
		cut=${cut//=/ = }
		cut=${cut//@/ @ }
	fi
	read -ra COMP_WORDS <<<"$cut"
	[[ $COMP_LINE != *' ' ]] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	complete -p weirctl >/dev/null || exit 1
	_weirctl "${COMP_WORDS[0]}" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
	sorted "${COMPREPLY[@]}"
}
# shellcheck source=packaging/weirctl.bash
. "$root/packaging/weirctl.bash" || exit 1

# commands
commands=$("$weirctl" -h | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' |
	sort | paste -sd ' ')
like "$commands" '(^| )check( |$)' "weirctl has commands"
is "$(offers "")" "$commands" "all of them are offered"
is "$(offers "che")" check "one that has begun"
is "$(offers "--json che")" check "behind an option"
is "$(offers "-c $work/weir.conf che")" check "and behind -c FILE"
is "$(offers "xyz")" "" "nothing where none begins so"
is "$(offers "--js")" --json "options before the command"
is "$(offers "xyz ")" "" "nothing behind a command that there is not"

is "$(offers "journal ")" "export prune show verify" "the words that follow one"
is "$(offers "journal sh")" show "also begun"
is "$(offers "journal show --kind wi")" witness "and the values of their options"

# options are those of the help
for command in $commands; do
	options=(--help --json)
	while IFS= read -r line && [[ $line != example* ]]; do
		[[ ! $line =~ ^'  '(--[a-z-]*) ]] || options+=("${BASH_REMATCH[1]}")
	done <<<"$("$weirctl" "$command" --help)"
	is "$(offers "$command --")" "$(sorted "${options[@]}")" \
		"the options of $command"
done

# what options take
is "$(offers "block all --act")" --action "an option behind a subject"
is "$(offers "block all --action ")" "discard quarantine reject tempfail" \
	"the choices in its help"
is "$(offers "block all --action re")" reject "one of them"
is "$(offers "block all --action=re")" reject "behind ="
is "$(offers "block all --action=re" whole)" --action=reject \
	"with all of the word where bash does not cut it"
is "$(offers "block all --action=")" "discard quarantine reject tempfail" \
	"right behind ="
is "$(offers "top --by sender")" "sender sender_domain" "a key"
is "$(offers "-c $work/weir.conf top --limit ")" \
	"gateway stranger stranger.bytes" "names of limits"
is "$(offers "-c $work/weir.conf alert --test ")" "noc phone" \
	"names of channels"
is "$(offers "-c $work/none.conf top --limit ")" "" \
	"none of a file that is not there, and no complaint"
is "$(offers "block all --reason ")" "" "nothing for a text"

# subjects
is "$(offers "show ")" \
	"all auth: client: helo: recipient: recipient_domain: sender: sender_domain:" \
	"subjects"
is "$(offers "show se")" "sender: sender_domain:" "that begin so"
is "$(offers "show sender:")" "" "nothing behind the colon"
is "$(offers "show sender:ja")" "" "nor further on"
is "$(offers "show sender:ja" whole)" "" "whatever bash cuts words at"
is "$(offers "block --for 2h re")" "recipient: recipient_domain:" \
	"behind an option and its value"
is "$(offers "block --for=2h re")" "recipient: recipient_domain:" \
	"behind an option with ="
is "$(offers "show all ")" "" "one subject only"
is "$(offers "-c $work/weir.conf override sender:jake@example.com str")" \
	"stranger stranger.bytes" "the limit behind a subject with a colon"
is "$(offers "-c $work/weir.conf override sender:jake@example.com str" whole)" \
	"stranger stranger.bytes" "whatever bash cuts words at"

# files
is "$(offers "check $work/files/o")" "$work/files/one" "a file"
is "$(offers "-c $work/files/t")" "$work/files/two three" "a file behind -c"

# as it is installed
ok "make install puts it where bash-completion looks" \
	make -s -C "$root" -o all install BUILD="$given" DESTDIR="$work/image" \
	PREFIX=/usr
installed=$work/image/usr/share/bash-completion/completions/weirctl
ok "under the name of the program" \
	cmp "$installed" "$root/packaging/weirctl.bash"
ok "make uninstall takes it away" \
	make -s -C "$root" uninstall DESTDIR="$work/image" PREFIX=/usr
ok "and nothing is left of it" test ! -e "$installed"
done_testing
