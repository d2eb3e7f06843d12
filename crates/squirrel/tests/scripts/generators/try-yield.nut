// yield inside try and catch.
function g() {
  try {
    yield "a"
    throw "thrown"
  } catch (e) {
    yield "caught " + e
    yield "more"
  }
  try { yield "b" } catch (e) { yield "never" }
  yield "c"
}
local i = g()
for (local n = 0; n < 5; n++) print(resume i + "\n")
function outer() {
  try {
    local k = inner()
    yield resume k
    yield resume k
  } catch (e) { yield "outer caught " + e }
}
function inner() { yield 1; throw "from inner" }
foreach (v in outer()) print(v + "\n")
local j = g()
try { resume j; throw "after resume" } catch (e) { print(e + " " + j.getstatus() + "\n") }
print(resume j + "\n")
