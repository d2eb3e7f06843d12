// An expression parser and evaluator with closures.
local ops = { ["+"] = [1, @(a, b) a + b], ["-"] = [1, @(a, b) a - b], ["*"] = [2, @(a, b) a * b], ["/"] = [2, @(a, b) a / b], ["%"] = [2, @(a, b) a % b] }
function tokens(s) {
  local r = regexp(@"\s*(\d+\.?\d*|[-+*/%()])"), i = 0
  while (i < s.len()) {
    local m = r.capture(s, i)
    if (m == null || m[0].begin != i) throw "bad token at " + i
    yield s.slice(m[1].begin, m[1].end)
    i = m[0].end
  }
}
function calc(s) {
  local toks = [], p = 0
  foreach (t in tokens(s)) toks.append(t)
  local expr
  local prim = function() {
    local t = toks[p++]
    if (t == "(") { local v = expr(0); p++; return v }
    if (t == "-") return -callee()()
    return t.find(".") ? t.tofloat() : t.tointeger()
  }
  expr = function(min) {
    local v = prim()
    while (p < toks.len() && toks[p] in ops && ops[toks[p]][0] > min) {
      local op = ops[toks[p++]]
      v = op[1](v, expr(op[0]))
    }
    return v
  }
  return expr(0)
}
foreach (s in ["1 + 2 * 3", "(1+2)*3", "10 - 4 - 3", "2*3+4*5", "7/2", "7/2.0", "-(3-5)*2", "17 % 5 * 2", "((((8))))"])
  print(s + " = " + calc(s) + "\n")
foreach (s in ["1 $ 2", "1 / 0", "(1 + "])
  try { print(calc(s) + "\n") } catch (e) { print(e + "\n") }
