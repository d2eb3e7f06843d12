// append, push, pop, top, extend.
local a = []
a.append(1)
a.push(2)
a.append([3])
a.extend([4, 5])
print(a.len() + " " + a.top() + "\n")
print(a.pop() + " " + a.pop() + " " + a.pop()[0] + " " + a.len() + "\n")
a.extend(a)
print(a.len() + " " + a[2] + a[3] + "\n")
a.clear()
print(a.len() + "\n")
try { a.pop() } catch (e) { print(e + "\n") }
try { a.top() } catch (e) { print(e + "\n") }
try { a.extend(5) } catch (e) { print(e + "\n") }
try { a.extend("ab") } catch (e) { print(e + "\n") }
try { a.append() } catch (e) { print(e + "\n") }
try { a.append(1, 2) } catch (e) { print(e + "\n") }
try { a.push() } catch (e) { print(e + "\n") }
print((a.append(1) == null) + " " + (a.push(2) == null) + " " + (a.extend([]) == null) + "\n")
