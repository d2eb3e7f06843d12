// Order after deletes: shrinking, reuse of free nodes, delete down to nothing and refill.
function show(t) { print(t.len() + ": "); foreach (k, v in t) print(k + " "); print("\n") }
local t = {}
local names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
foreach (i, n in names) t[n] <- i
show(t)
foreach (i, n in names) {
  if (i % 3 == 0) {
    delete t[n]
    show(t)
  }
}
foreach (n in ["nu", "xi", "omicron"]) t[n] <- 0
show(t)
foreach (k in ["beta", "gamma", "epsilon", "zeta", "theta", "iota", "lambda", "mu"]) { delete t[k]; show(t) }
t.nu <- 1
t.pi <- 2
show(t)
t.clear()
show(t)
foreach (n in names) t[n] <- 1
show(t)
