// Patterns whose matching explodes: they end, or the program is stopped by its fuel. The reference hangs on some of them.
local s = "aaaaaaaaaaaaaaaaaaaaaaaac"
foreach (p in ["(a*)*b", "(a+)+b", "(a|a)*b", "(a|aa)+b", "(a*)(a*)(a*)(a*)b", "a*a*a*a*a*a*b", "(a?){20}a{20}b", "(.*)(.*)(.*)b"]) {
  local r = regexp(p)
  print(p + " " + r.match(s) + "\n")
}
