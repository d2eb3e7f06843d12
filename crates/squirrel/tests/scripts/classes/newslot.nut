// Adding and replacing members of a class, before and after the first instance.
function e(f) { try { f(); print("ok\n") } catch (x) { print(x + "\n") } }
class A { x = 1 }
e(@() A.y <- 2)
e(@() A.x <- 5)
e(@() A.f <- function() { return x + y })
local a = A()
print(a.x + " " + a.y + " " + a.f() + "\n")
e(@() A.z <- 3)
e(@() A.x <- 6)
e(@() A.g <- function() { return "g" })
e(@() A.f <- function() { return "new f" })
print(a.g() + " " + a.f() + " " + A().f() + "\n")
e(@() A.z = 3)
e(@() A.x = 3)
e(@() A["dyn"] <- function() {})
e(@() A[5] <- function() { return 5 })
print(a[5]() + "\n")
e(@() a.nu <- 1)
e(@() A[null] <- 1)
class B extends A { w = 1 }
e(@() B.v <- 2)
print(B().v + "\n")
e(@() A.h <- function() { return "h" })
e(@() B().h())
class I {}
I.instance()
e(@() I.q <- 1)
