// A small promise.
class Promise {
  state = 0; value = null; subs = null
  constructor(action) {
    subs = []
    local self = this  // bindenv would hold it weakly
    try { action(@(v = null) self.resolve(v), @(v = null) self.reject(v)) } catch (e) { reject(e) }
  }
  function settle(s, v) { if (state) return; state = s; value = v; foreach (f in subs) f(); subs = [] }
  function resolve(v = null) { settle(1, v) }
  function reject(v = null) { settle(2, v) }
  function then(ok, bad = null) {
    local self = this
    return Promise(function(res, rej) {
      local run = function() {
        local h = self.state == 1 ? ok : bad
        if (h == null) { if (self.state == 1) res(self.value); else rej(self.value); return }
        try { res(h(self.value)) } catch (e) { rej(e) }
      }
      if (self.state) run()
      else self.subs.append(run)
    })
  }
  function fail(h) { return then(null, h) }
}
local later
Promise(function(ok, no) { ok(1) }).then(@(v) v + 1).then(@(v) print("value " + v + "\n"))
Promise(function(ok, no) { throw "oops" }).then(@(v) print("never")).fail(function(e) { print("failed " + e + "\n"); return "recovered" }).then(@(v) print(v + "\n"))
Promise(function(ok, no) { later = ok }).then(function(v) { print("late " + v + "\n"); throw "in then" }).fail(@(e) print(e + "\n"))
print("before\n")
later("call")
