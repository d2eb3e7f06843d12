::steps <- 0;

function tick() { if (++::steps > 400) throw "enough" }

function nz(n) { return n == 0 || n == -1 ? 7 : n }

function sgn(n) { return n < 0 ? -1 : n > 0 ? 1 : 0 }

function cut(s) { return typeof s == "string" && s.len() > 60 ? s.slice(0, 60) : s }

function nonul(s) { foreach (c in s) if (c == 0) return "nul"; return s }

function show(x, depth = 0) {
  local s = type(x);
  if (depth > 3) return s;
  switch (s) {
    case "string": return "\"" + x + "\"";
    case "null": case "bool": case "integer": case "float": return "" + x;
    case "array":
      s = "[";
      foreach (v in x) s += ::show(v, depth + 1) + ",";
      return s + "]";
    case "table":
      s = "{";
      foreach (k, v in x) s += ::show(k, depth + 1) + "=" + ::show(v, depth + 1) + ",";
      return s + "}";
    case "instance":
      s = "<";
      foreach (k, v in x.getclass()) if (type(v) != "function") s += k + "=" + ::show(x.rawget(k), depth + 1) + ",";
      return s + ">";
  }
  return s
}
