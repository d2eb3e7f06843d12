// Floats that are too big for an integer, infinities and NaN used where integers are wanted: no crash.
// The conversion is not defined in C, so no values are printed.
local inf = 1.0 / 0.0, nan = inf - inf
function try_it(f) { try { f() } catch (e) { } print(".") }
foreach (v in [1e30, -1e30, inf, -inf, nan, 3e9, -3e9]) {
  print(typeof v.tointeger())
  try_it(@() [1, 2][v])
  try_it(@() "abc"[v])
  try_it(@() array(v > 1e5 ? -v : v))
  try_it(@() "abc".slice(v))
  try_it(@() [1].resize(v < 0 ? v : -1))
  try_it(@() blob(2)[v])
  try_it(@() blob(2).seek(v))
  try_it(@() format("%d %x %c", v, v, v))
  try_it(@() v.tochar())
  try_it(@() { [v] = 1 })
  try_it(@() ({})[v])
  try_it(@() getstackinfos(v))
  try_it(@() abs(v))
  try_it(@() swap4(v))
  print("\n")
}
