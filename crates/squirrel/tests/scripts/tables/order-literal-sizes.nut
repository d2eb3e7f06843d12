// Literals of every size from 0 to 20, then one slot more.
for (local n = 0; n <= 20; n++) {
  local src = "return {"
  for (local i = 0; i < n; i++) src += " f" + (i * 37 % 101) + " = " + i + ","
  local t = compilestring(src + " }")()
  foreach (k, v in t) print(k + " ")
  t.extra <- 1
  print("/ ")
  foreach (k, v in t) print(k + " ")
  print("\n")
}
