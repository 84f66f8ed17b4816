# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of weirctl for bash. Commands, options and their values are read
# from the help of weirctl, names of limits from its configuration, so that
# nothing here gets out of date. Does not need bash-completion.

# weirctl, as it was typed, without error messages.
_weirctl_ask() {
	"${words[0]/#\~/$HOME}" "$@" 2>/dev/null
}

# Fills words with the words up to the cursor. Bash also splits them at ':', '='
# and '@'; words without a blank between them are joined again.
_weirctl_words() {
	local rest=$COMP_LINE word i last=-1
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((last < 0)) || [[ $rest == [[:space:]]* ]]; then
			last=$((last + 1))
			words[last]=
		fi
		words[last]+=$word
		rest=${rest#"${rest%%[![:space:]]*}"}
		rest=${rest#"$word"}
	done
	cur=${words[last]}
}

# The names of the commands.
_weirctl_commands() {
	_weirctl_ask -h | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'
}

# The arguments and options of a command, one a line, "SUBJECT" or "--max N
# text"; from "usage: weirctl show SUBJECT" and the lines "  --max N   text",
# whose text may continue with a deeper indent.
_weirctl_takes() {
	_weirctl_ask "$1" --help | awk '
		/^example/ { exit }
		/^usage:/ {
			gsub(/\|?--[a-z-]+( [A-Z]+)?/, "")
			gsub(/\[|\]/, " ")
			for (i = 4; i <= NF; i++)
				if ($i ~ /^[A-Z]|^[a-z]+\|/ && $i != "OPTIONS")
					print $i
		}
		/^  --/ { if (option != "") print option; option = $0
			sub(/^ */, "", option); next }
		option != "" && /^     / { option = option " " $0; next }
		option != "" { print option; option = "" }
		END { if (option != "") print option }'
}

# Sets line to the help of this option, and kind to the name of its value, "" if
# it has none.
_weirctl_option() {
	kind=
	for line in "${takes[@]}"; do
		if [[ $line == "$1" || $line == "$1 "* ]]; then
			[[ ! $line =~ ^--[a-z-]+\ ([A-Z]+)(\ |$) ]] ||
				kind=${BASH_REMATCH[1]}
			return
		fi
	done
}

# "--order ORDER percent (the default), used or for": the words of the list.
_weirctl_choices() {
	sed 's/^--[a-z-]* *[A-Z]* *//; s/([^)]*)//g; s/ or /,/g' <<<"$1" |
		tr ',' '\n' | sed -n 's/^ *\([a-z_]*\) *$/\1/p'
}

_weirctl_check() {
	local i file=()
	for ((i = 1; i + 1 < ${#words[@]}; i++)); do
		[[ ${words[i]} == -c ]] && file=(-c "${words[i + 1]/#\~/$HOME}")
	done
	_weirctl_ask "${file[@]}" check "$@"
}

_weirctl_limits() {
	_weirctl_check --json |
		sed -n 's/^ *"name": "\([A-Za-z0-9_.-]*\)",\{0,1\}$/\1/p'
}

# The channels of alerts.
_weirctl_channels() {
	_weirctl_check |
		sed -n 's/^  alerts from [a-z]*: \([A-Za-z0-9_.-]*\), .*/\1/p'
}

# _weirctl_offer WORDS: those that begin with what was typed.
_weirctl_offer() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_weirctl_keys=(sender sender_domain recipient recipient_domain client auth helo)

# After the colon nothing is known, so no offer has a word break in its middle.
_weirctl_subjects() {
	[[ $cur != *:* ]] || return 0
	_weirctl_offer "all $(printf '%s:\n' "${_weirctl_keys[@]}")"
	[[ ${COMPREPLY[*]} == all ]] || compopt -o nospace 2>/dev/null
}

_weirctl_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# _weirctl_value KIND [LINE]: KIND is the word in the help, LINE the option's.
_weirctl_value() {
	case $1 in
	*FILE*) _weirctl_files ;;
	[a-z]*\|*) _weirctl_offer "${1//|/ }" ;;
	*SUBJECT*) _weirctl_subjects ;;
	LIMIT | NAME) _weirctl_offer "$(_weirctl_limits)" ;;
	CHANNEL) _weirctl_offer "$(_weirctl_channels)" ;;
	KEY) _weirctl_offer "all ${_weirctl_keys[*]}" ;;
	SPAN | TIME | TEXT | WHO | N | "") ;;
	*) _weirctl_offer "$(_weirctl_choices "${2-}")" ;;
	esac
}

# Sets at to the index of the command, if there is one.
_weirctl_find_command() {
	for ((at = 1; at + 1 < ${#words[@]}; at++)); do
		case ${words[at]} in
		-c) at=$((at + 1)) ;;
		-*) ;;
		*) return 0 ;;
		esac
	done
	return 1
}

_weirctl_before() {
	if [[ ${words[-2]} == -c ]]; then
		_weirctl_files
	elif [[ $cur == -* ]]; then
		_weirctl_offer "-c -h -V --json --help --version"
	else
		_weirctl_offer "$(_weirctl_commands)"
	fi
}

# Sets turn to the number of words after the command that are not options.
_weirctl_count() {
	local i line kind
	turn=0
	for ((i = at + 1; i + 1 < ${#words[@]}; i++)); do
		if [[ ${words[i]} != --* ]]; then
			turn=$((turn + 1))
		elif [[ ${words[i]} != *=* ]]; then
			_weirctl_option "${words[i]}"
			[[ -z $kind ]] || i=$((i + 1))
		fi
	done
}

# An argument that is neither an option nor its value. "FILE..." may repeat.
_weirctl_plain() {
	local turn line plain=()
	for line in "${takes[@]}"; do
		[[ $line == --* ]] || plain+=("$line")
	done
	_weirctl_count
	if ((turn >= ${#plain[@]})); then
		turn=$((${#plain[@]} - 1))
		[[ $turn -ge 0 && ${plain[turn]} == *... ]] || return 0
	fi
	_weirctl_value "${plain[turn]}"
}

_weirctl_behind() {
	local line kind option=${words[-2]} takes prefix=
	mapfile -t takes < <(_weirctl_takes "${words[at]}")
	if [[ $cur == --*=* ]]; then
		option=${cur%%=*}
		cur=${cur#*=}
		[[ $COMP_WORDBREAKS == *=* ]] || prefix=$option=
	fi
	_weirctl_option "$option"
	if [[ -n $kind ]]; then
		_weirctl_value "$kind" "$line"
		COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
	elif [[ $cur == -* ]]; then
		_weirctl_offer "$(printf '%s\n' --json --help "${takes[@]}" |
			sed -n 's/^\(--[a-z-]*\).*/\1/p' | sort -u)"
	else
		_weirctl_plain
	fi
}

_weirctl() {
	local words cur at
	COMPREPLY=()
	_weirctl_words
	if _weirctl_find_command; then
		_weirctl_behind
	else
		_weirctl_before
	fi
}

complete -F _weirctl weirctl
