#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_vim.sh SYNTAX_DIR FILE.qm ...: colours model texts with Vim. Every comment, text, statement word and grade must have
# its group, every other character some group. 77: Vim is not here.
dir=$1
shift
command -v vim >/dev/null 2>&1 || { echo "vim not found: the Vim syntax is not tested"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cat >"$work/check.vim" <<'END'
set nocompatible nomore encoding=utf-8
syntax on
function! Group(line, col)
  return synIDattr(synID(a:line, a:col, 1), "name")
endfunction
function! Check()
  let faults = []
  let places = 0
  for n in range(1, line("$"))
    let text = getline(n)
    let i = 0
    let quoted = 0
    while i < len(text)
      let c = text[i]
      let g = Group(n, i + 1)
      let want = ""
      if quoted || c ==# '"'
        let want = "qmString"
        if c ==# '"'
          let quoted = !quoted
        endif
      elseif c ==# '#'
        let want = "qmComment"
      endif
      if want !=# ""
        let places += 1
        if g !=# want
          call add(faults, n . ":" . (i + 1) . ": `" . c . "` is " . g . ", not " . want)
        endif
        if c ==# '#' && !quoted
          break
        endif
      elseif c =~# '[A-Za-z0-9_]' && g ==# ""
        call add(faults, n . ":" . (i + 1) . ": `" . c . "` has no group")
      endif
      let i += 1
    endwhile
    let m = matchstrpos(text, '^\s*\zs\(param\|state\|let\|output\|covariate\|dose\|module\|model\|handle\|index\)\ze\s\+[A-Za-z_]')
    if m[1] >= 0 && m[0] !=# ""
      let places += 1
      if Group(n, m[1] + 1) !=# "qmStatement"
        call add(faults, n . ": `" . m[0] . "` is " . Group(n, m[1] + 1))
      endif
    endif
  endfor
  let g:total += places
  let g:files += 1
  if len(faults)
    call writefile([expand("%")] + faults[0:4], $QM_RESULT, "a")
  endif
endfunction
let g:total = 0
let g:files = 0
END
QM_RESULT="$work/result" vim -es -u NONE -i NONE --cmd "set rtp^=$dir" -S "$work/check.vim" "$@" \
	-c "argdo set ft=qm | runtime syntax/qm.vim | syntax sync fromstart | call Check()" \
	-c "call writefile([g:files . ' files, ' . g:total . ' places', g:total], '$work/total')" -c "qa!" </dev/null >/dev/null 2>&1
[ -f "$work/total" ] || { echo "vim gave no result"; exit 1; }
head -1 "$work/total"
[ "$(tail -1 "$work/total")" -gt 500 ] || { echo "the test found nothing to check"; exit 1; }
case "$(head -1 "$work/total")" in "$# files"*) ;; *) echo "of $# files"; exit 1 ;; esac
[ ! -s "$work/result" ] || { head -40 "$work/result"; exit 1; }
