// Iteration order of tables filled slot by slot.
function fill(names) { local t = {}; foreach (n in names) t[n] <- 1; return t }
function show(t) { foreach (k, v in t) print(k + " "); print("\n") }
show(fill(["bruhathkayosaurus", "lambeosaurus", "linhenykus", "pterodactyl", "stegosaurus", "triceratops"]))
show(fill(["appeared", "height", "length", "order", "vanished", "weight"]))
show(fill(["description", "type", "ts"]))
show(fill(["ts", "type", "description"]))
show(fill(["type", "ts", "description"]))
show(fill(["measureTime", "data"]))
show(fill(["data", "measureTime"]))
show(fill(["id", "name", "type", "data", "ts", "error"]))
show(fill(["error", "ts", "data", "type", "name", "id"]))
show(fill(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]))
show(fill(["j", "i", "h", "g", "f", "e", "d", "c", "b", "a"]))
local t = fill(["id", "name", "type", "data", "ts", "error"])
delete t.name
delete t.ts
t.zed <- 1
show(t)
