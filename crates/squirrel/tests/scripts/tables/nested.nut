// Tables in tables in arrays.
local db = { users = [{ name = "ann", tags = ["x", "y"] }, { name = "bob", tags = [] }], count = 2 }
foreach (i, u in db.users) print(i + " " + u.name + " " + u.tags.len() + "\n")
db.users.append({ name = "cid", tags = ["z"] })
db.count++
db.users[0].tags[1] = "changed"
db.users[1].age <- 40
print(db.count + " " + db.users[0].tags[1] + " " + db.users[1].age + " " + db.users[2].tags[0] + "\n")
local path = ["users", 2, "name"]
local v = db
foreach (p in path) v = v[p]
print(v + "\n")
try { db.users[5].name } catch (e) { print(e + "\n") }
try { db.nothing.name } catch (e) { print(e + "\n") }
try { db.count.name } catch (e) { print(e + "\n") }
try { db.count.name = 1 } catch (e) { print(e + "\n") }
try { db.nul <- null; db.nul.x } catch (e) { print(e + "\n") }
try { db.nul.x = 1 } catch (e) { print(e + "\n") }
try { db.nul.x <- 1 } catch (e) { print(e + "\n") }
try { db.nul[0] } catch (e) { print(e + "\n") }
