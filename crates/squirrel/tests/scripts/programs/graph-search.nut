// Breadth-first search and shortest paths.
local edges = { a = { b = 4, c = 1 }, b = { d = 1 }, c = { b = 2, d = 5 }, d = { e = 3 }, e = {} }
function bfs(start) {
  local seen = { [start] = 0 }, queue = [start]
  while (queue.len()) {
    local n = queue.remove(0)
    local next = []
    foreach (m, w in edges[n]) next.append(m)
    next.sort()
    foreach (m in next) if (!(m in seen)) { seen[m] <- seen[n] + 1; queue.append(m) }
  }
  return seen
}
function dijkstra(start) {
  local dist = { [start] = 0 }, todo = {}
  foreach (n, e in edges) todo[n] <- true
  while (todo.len()) {
    local best = null
    foreach (n, x in todo) if (n in dist && (best == null || dist[n] < dist[best])) best = n
    if (best == null) break
    delete todo[best]
    foreach (m, w in edges[best]) { local d = dist[best] + w; if (!(m in dist) || d < dist[m]) dist[m] <- d }
  }
  return dist
}
foreach (f in [bfs, dijkstra]) {
  local r = f("a")
  foreach (n in ["a", "b", "c", "d", "e"]) print(n + r[n] + " ")
  print("\n")
}
print(dijkstra("d").len() + "\n")
