// A JSON encoder, over tables in the order of iteration.
function quote(s) {
  local r = "\""
  foreach (c in s) {
    if (c == '"' || c == '\\') r += "\\" + c.tochar()
    else if (c == '\n') r += "\\n"
    else if (c >= 0 && c < 32) r += format("\\u%04x", c)
    else r += c.tochar()
  }
  return r + "\""
}
function encode(v) {
  switch (typeof v) {
    case "null": return "null"
    case "bool": case "integer": case "float": return v.tostring()
    case "string": return quote(v)
    case "array": {
      local r = ""
      foreach (x in v) r += (r == "" ? "" : ",") + encode(x)
      return "[" + r + "]"
    }
    case "table": {
      local r = ""
      foreach (k, x in v) r += (r == "" ? "" : ",") + quote(k.tostring()) + ":" + encode(x)
      return "{" + r + "}"
    }
    default: throw "cannot encode a " + typeof v
  }
}
print(encode({ id = 5, name = "a \"b\"\n", list = [1, 2.5, true, null, []], sub = { x = {}, y = "é" } }) + "\n")
print(encode([]) + encode({}) + encode("") + encode(-1) + "\n")
try { encode([print]) } catch (e) { print(e + "\n") }
