// Captured names, slots of this and globals side by side.
level <- "global"
local function show() { return level }
local t = { level = "slot", show = show, function nested() { return [show(), (function() { return level })(), (@() this.level)()] } }
print(show() + " " + t.show() + "\n")
foreach (x in t.nested()) print(x + " ")
print("\n")
function make(level) { return { level = "inner slot", get = function() { return level }, viathis = function() { return this.level } } }
local m = make("param")
print(m.get() + " " + m.viathis() + "\n")
function assign() { level = "assigned"; return level }
print(assign.call(t) + " " + t.level + " " + level + "\n")
print(assign() + " " + level + "\n")
local o = {}
print(assign.call(o) + " " + o.len() + " " + level + "\n")
