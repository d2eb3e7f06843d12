// Domain errors give infinities or NaN, never an exception. NaN compares greater than every number.
local inf = 1.0 / 0.0
print((log(0) == -inf) + " " + pow(0, -1) + " " + exp(1000) + " " + exp(-1000) + "\n")
function isnan(x) { return x > 1e38 && !(x == inf) && x >= 0 && !(x < inf) }
print(isnan(sqrt(-1)) + " " + isnan(log(-1)) + " " + isnan(asin(2)) + " " + isnan(acos(2)) + " " + isnan(pow(-1, 0.5)) + " " + isnan(1.0) + "\n")
print(floor(inf) + " " + sqrt(inf) + " " + atan(inf) + "\n")
print(floor(-0.5) + " " + ceil(-0.5) + "\n")
print(pow(2, 31) + " " + pow(10, 38) + " " + pow(10, 39) + "\n")
print(floor(1e20) + " " + floor(16777217) + "\n")
print((2.0).tointeger() + " " + floor(2.7).tointeger() + " " + ceil(2.1).tointeger() + "\n")
