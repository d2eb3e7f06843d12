// Objects made by functions, without classes.
function Account(balance) {
  local history = []
  local self = {}
  self.deposit <- function(n) { if (n <= 0) throw "bad amount"; balance += n; history.append("+" + n); return self }
  self.withdraw <- function(n) { if (n > balance) throw "too little"; balance -= n; history.append("-" + n); return self }
  self.show <- @() balance + ":" + history.reduce(@(a, b) a + " " + b)
  return self
}
local a = Account(10), b = Account(0)
a.deposit(5).withdraw(3)
b.deposit(1)
print(a.show() + " | " + b.show() + "\n")
try { a.withdraw(100) } catch (e) { print(e + "\n") }
try { b.deposit(0) } catch (e) { print(e + "\n") }
print(("balance" in a) + "\n")
