// SPDX-License-Identifier: Apache-2.0
#include "flags/shell.h"

#include "flags/complete.h"

namespace tripline::flags {
namespace {

// In the scripts, PROGRAM is the program, FUNCTION its name as part of a function's name, ASK the hidden command.

constexpr std::string_view kBash =
    R"sh(# bash completion V2 for PROGRAM                                -*- shell-script -*-

__FUNCTION_complete() {
    local words=("${COMP_WORDS[@]:0:COMP_CWORD}") current="${COMP_WORDS[COMP_CWORD]}"
    local program="${words[0]}" answer directive line width=0
    answer=$("$program" ASK "${words[@]:1}" "$current" 2>/dev/null) || return
    directive=${answer##*:}
    answer=${answer%:*}
    COMPREPLY=()
    while IFS= read -r line; do
        [[ -n $line && ${line%%$'\t'*} == "$current"* ]] && COMPREPLY+=("$line")
    done <<< "$answer"
    if ((${#COMPREPLY[@]} == 0)); then
        [[ $directive == 0 ]] && compopt -o default
        return
    fi
    # Descriptions are shown only in a list: a single candidate is put into the line.
    if ((${#COMPREPLY[@]} == 1)) || [[ $COMP_TYPE == 37 || $COMP_TYPE == 42 ]]; then
        COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
        return
    fi
    for line in "${COMPREPLY[@]}"; do
        line=${line%%$'\t'*}
        ((${#line} > width)) && width=${#line}
    done
    local at
    for at in "${!COMPREPLY[@]}"; do
        line=${COMPREPLY[at]}
        [[ $line == *$'\t'* ]] &&
            printf -v "COMPREPLY[at]" "%-${width}s  (%s)" "${line%%$'\t'*}" "${line#*$'\t'}"
    done
}

complete -o nosort -F __FUNCTION_complete PROGRAM
)sh";

constexpr std::string_view kZsh = R"sh(#compdef PROGRAM
compdef _FUNCTION PROGRAM

# zsh completion for PROGRAM                                    -*- shell-script -*-

_FUNCTION() {
    local answer line directive
    local -a candidates
    answer=$("${words[1]}" ASK "${(@)words[2,CURRENT-1]}" "${words[CURRENT]}" 2>/dev/null) || return
    for line in "${(@f)answer}"; do
        case $line in
            :*) directive=${line#:} ;;
            *$'\t'*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
            ?*) candidates+=("${line//:/\\:}") ;;
        esac
    done
    (( ${#candidates} )) && _describe PROGRAM candidates && return
    [[ $directive == 0 ]] && _files
}

# When it is found through fpath it is called at once; when it is sourced it only is defined.
if [ "$funcstack[1]" = "_FUNCTION" ]; then
    _FUNCTION
fi
)sh";

constexpr std::string_view kFish =
    R"sh(# fish completion for PROGRAM                                -*- shell-script -*-

function __FUNCTION_answer
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] ASK $words[2..-1] "$current" 2>/dev/null
end

function __FUNCTION_candidates
    for line in (__FUNCTION_answer)
        string match -q ':*' -- $line; or echo $line
    end
end

function __FUNCTION_wants_files
    set -l answer (__FUNCTION_answer)
    test "$answer[-1]" = :0
end

complete -c PROGRAM -e
complete -c PROGRAM -n 'not __FUNCTION_wants_files' -f -a '(__FUNCTION_candidates)'
complete -c PROGRAM -n '__FUNCTION_wants_files' -F -a '(__FUNCTION_candidates)'
)sh";

constexpr std::string_view kPowershell =
    R"sh(# powershell completion for PROGRAM                                -*- shell-script -*-

Register-ArgumentCompleter -Native -CommandName 'PROGRAM' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object { $_.Extent.Text })
    $before = @($words | Select-Object -Skip 1)
    if ($wordToComplete -ne '' -and $before.Count -gt 0) {
        $before = @($before | Select-Object -SkipLast 1)
    }
    # An empty last argument is lost by older versions unless it is quoted.
    $current = if ($wordToComplete -eq '') { '""' } else { $wordToComplete }
    & $words[0] ASK @before $current 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
        $name, $help = $_ -split "`t", 2
        if (-not $help) { $help = $name }
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $help)
    }
}
)sh";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string_view script_of(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return shell == "powershell" ? kPowershell : std::string_view();
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell, std::string_view program,
                                             bool described) {
  std::string script(script_of(shell));
  if (script.empty()) return std::nullopt;
  std::string function(program);
  for (char& c : function)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  replace_all(script, "FUNCTION", function);
  replace_all(script, "ASK", described ? kCompleteWord : kCompletePlainWord);
  replace_all(script, "PROGRAM", program);
  return script;
}

}  // namespace tripline::flags
