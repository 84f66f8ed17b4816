# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of weir-attach for bash.

_weir_attach() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-c) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	-d) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
	--default-action) mapfile -t COMPREPLY < <(compgen -W \
		"accept tempfail reject" -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "postfix sendmail -n -c -d \
		--default-action --undo --help" -- "$cur") ;;
	esac
}

complete -F _weir_attach weir-attach
