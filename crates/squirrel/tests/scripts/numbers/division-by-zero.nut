// Division by an integer zero raises; by a float zero it does not.
local zero = 0
try { print(5 / zero) } catch (e) { print(e + "\n") }
try { print(0 / zero) } catch (e) { print(e + "\n") }
try { local x = 7; x /= zero; print(x) } catch (e) { print(e + "\n") }
try { print(5 / 0) } catch (e) { print(e + "\n") }
print(5 / 0.0 + "\n")
print(5.0 / zero + "\n")
try { print(-5 / zero) } catch (e) { print(e + "\n") }
print("end\n")
5 / zero
