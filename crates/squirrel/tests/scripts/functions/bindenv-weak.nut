// The environment of bindenv is held weakly: gone, it reads as null.
function get() { return this == null ? "null" : typeof this }
local b
{
  local env = { n = 1 }
  b = get.bindenv(env)
  print(b() + "\n")
}
local pad = 1
print(b() + "\n")
