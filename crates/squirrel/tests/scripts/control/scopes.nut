// Blocks and the life of locals.
local a = 1
{
  local b = 2
  a = b
  {
    local c = 3
    a += c
  }
}
print(a + "\n")
try { print(b) } catch (e) { print(e + "\n") }
try { print(c) } catch (e) { print(e + "\n") }
if (true) { local d = 4 }
try { print(d) } catch (e) { print(e + "\n") }
for (local i = 0; i < 1; i++) { local inner = 1 }
try { print(i) } catch (e) { print(e + "\n") }
local x
print(x + "\n")
for (local i = 0; i < 2; i++) { local fresh; print((fresh == null) + " "); fresh = 1 }
print("\n")
local p = 1, q = p + 1, r = q + 1
print(p + q + r + "\n")
