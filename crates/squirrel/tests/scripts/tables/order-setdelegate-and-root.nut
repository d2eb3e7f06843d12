// The order of slots in the root table that a program makes, and in constants.
local before = {}
foreach (k, v in getroottable()) before[k] <- true
foreach (n in ["zeta", "alpha", "mid", "x1", "x2"]) getroottable()[n] <- 1
local mine = []
foreach (k, v in getroottable()) if (!(k in before)) mine.append(k)
print(mine.len() + "\n")
const AA = 1
const BB = 2
enum EE { P, Q, R, S, T }
foreach (k, v in getconsttable()) print(k + " ")
foreach (k, v in getconsttable().EE) print(k + v + " ")
print("\n")
