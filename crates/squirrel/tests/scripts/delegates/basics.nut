// Delegation: lookup, assignment, creation, chains.
local animal = { legs = 4, name = "animal", function describe() { return name + " has " + legs } }
local bird = { legs = 2, name = "bird" }.setdelegate(animal)
local tweety = { name = "tweety" }.setdelegate(bird)
print(animal.describe() + "; " + bird.describe() + "; " + tweety.describe() + "\n")
tweety.legs = 1
print(tweety.rawin("legs") + " " + bird.legs + " " + tweety.legs + "\n")
tweety.legs <- 3
print(tweety.rawin("legs") + " " + bird.legs + " " + tweety.legs + "\n")
delete tweety.legs
print(tweety.legs + "\n")
print((tweety.getdelegate() == bird) + " " + ("describe" in tweety) + " " + tweety.len() + "\n")
try { delete tweety.legs } catch (e) { print(e + "\n") }
try { tweety.wings = 2 } catch (e) { print(e + "\n") }
try { print(tweety.wings) } catch (e) { print(e + "\n") }
foreach (k, v in tweety) print(k + "=" + v + "\n")
