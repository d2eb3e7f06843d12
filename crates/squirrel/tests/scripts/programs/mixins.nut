// Copying members between classes and tables.
local Walks = { function walk() { return name + " walks" } }
local Swims = { function swim() { return name + " swims" }, depth = 5 }
function mix(cls, ...) { foreach (m in vargv) foreach (k, v in m) cls[k] <- v; return cls }
class Animal { name = ""; constructor(n) { name = n } }
local Duck = mix(class extends Animal { }, Walks, Swims)
local Cat = mix(class extends Animal { function walk() { return "never used" } }, Walks)
local d = Duck("duck"), c = Cat("cat")
print(d.walk() + ", " + d.swim() + ", " + d.depth + ", " + c.walk() + "\n")
try { c.swim() } catch (e) { print(e + "\n") }
try { mix(Cat, Swims) } catch (e) { print(e + "\n") }
print(("swim" in Cat) + " " + ("depth" in Cat) + "\n")
