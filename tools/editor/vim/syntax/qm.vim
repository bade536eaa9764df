" SPDX-License-Identifier: Apache-2.0
" Model texts of quell (.qm), also in the dialect of rxode2.
if exists("b:current_syntax")
  finish
endif
syntax case match
setlocal commentstring=#\ %s

syntax match qmName /[A-Za-z_][A-Za-z_0-9]*\%(\.[A-Za-z_][A-Za-z_0-9]*\)*/
syntax match qmOperator /==\|!=\|<=\|>=\|&&\|||\|%%\|\.\.\|+=\|\*=\|<-\|[-<>+*/^!&|~=]/
syntax match qmNumber /\%([A-Za-z_0-9]\)\@1<!\%([0-9]\+\%(\.\%(\.\)\@![0-9]*\)\?\|\.[0-9]\+\)\%([eE][+-]\?[0-9]\+\)\?/
syntax match qmTime /\<\%(t\|time\)\>\%(\s*\%(in\>\|\]\|(\)\)\@!/
syntax keyword qmControl if then else for in and or not to as default from into scale uses of atol common while function
syntax match qmFunction /\<\%(exp\|log\|log10\|pow\|sqrt\|min\|max\|abs\|floor\|ceil\|hill\|expit\|logit\|sin\|cos\|tan\|tanh\|sum\|prod\|active\|ln\|log2\|log1p\|expm1\|fabs\|ceiling\|trunc\|round\|asin\|acos\|atan\|sinh\|cosh\|gamma\|lgamma\|factorial\|lfactorial\|R_pow\|ifelse\|sign\|linCmt\|transit\|tad\|tafd\|tlast\|tfirst\|dosenum\|podo\|mtime\)\>\%(\s*(\)\@=/
syntax match qmProperty /\<\%(f\|F\|alag\|lag\|rate\|dur\|ini\|model\|cmt\|param\|params\|label\|fix\|fixed\|locf\|nocb\|linear\|midpoint\)\>\%(\s*(\)\@=/
syntax match qmSpread /\<\%(lognormal\|normal\|logitnormal\|uniform\|exponential\|poisson\)\>\%(\s*(\)\@=/
syntax match qmGrade /\[\s*\%(verified\|derived\|recalled\|assumed\|calibrated\)\s*\]/
syntax match qmCitation /{\s*[A-Za-z][A-Za-z_-]*[0-9]\{4}[A-Za-z0-9_]*\%(\s*,\s*[A-Za-z][A-Za-z_-]*[0-9]\{4}[A-Za-z0-9_]*\)*\s*}/
syntax match qmStatement /^\s*\zs\%(module\|model\|index\|param\|covariate\|input\|draw\|state\|quad\|let\|handle\|dose\|when\|output\|agent\|use\|kernel\|unit\)\>\%(\s\+[A-Za-z_]\|\s*:\)\@=/
syntax match qmRate +\<d/dt\%(\s*(\)\@=+
syntax match qmString /"[^"]*"/
syntax match qmComment /#.*$/ contains=@Spell

highlight default link qmComment Comment
highlight default link qmString String
highlight default link qmRate Keyword
highlight default link qmStatement Keyword
highlight default link qmCitation Underlined
highlight default link qmGrade Constant
highlight default link qmSpread Function
highlight default link qmProperty Keyword
highlight default link qmFunction Function
highlight default link qmControl Conditional
highlight default link qmTime Special
highlight default link qmNumber Number
highlight default link qmOperator Operator
highlight default link qmName Identifier
let b:current_syntax = "qm"
