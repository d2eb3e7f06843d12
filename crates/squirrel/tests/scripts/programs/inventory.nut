// Records: grouping, sorting, summing.
local items = [
  { name = "bolt", kind = "metal", qty = 100, price = 0.25 },
  { name = "nut", kind = "metal", qty = 150, price = 0.2 },
  { name = "plank", kind = "wood", qty = 20, price = 7.5 },
  { name = "beam", kind = "wood", qty = 5, price = 40.0 },
  { name = "glue", kind = "other", qty = 12, price = 3.75 },
]
local groups = {}
foreach (it in items) { if (!(it.kind in groups)) groups[it.kind] <- []; groups[it.kind].append(it) }
local kinds = []
foreach (k, v in groups) kinds.append(k)
kinds.sort()
foreach (k in kinds) {
  local total = groups[k].map(@(i) i.qty * i.price).reduce(@(a, b) a + b)
  print(format("%-6s %3d items %8.2f\n", k, groups[k].len(), total))
}
items.sort(@(a, b) b.qty * b.price <=> a.qty * a.price)
foreach (i, it in items) print(format("%d. %-6s %7.2f\n", i + 1, it.name, it.qty * it.price))
local cheap = items.filter(@(i, it) it.price < 1.0).map(@(it) it.name)
cheap.sort()
print(cheap.reduce(@(a, b) a + ", " + b) + "\n")
