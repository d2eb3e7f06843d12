// format: infinities, negative zero, integers given to float conversions.
local inf = 1.0 / 0.0
print(format("%f %f %g %e %.1f", inf, -inf, inf, inf, -inf) + "\n")
print(format("%5.1f|%-6f|%06f|%+f", inf, inf, inf, inf) + "\n")
print(format("%10.3f|%-12e|%012g", 5, 5, -5) + "\n")
print(format("%.3f %.0f %+.2e", -0.0, -0.0, 0) + "\n")
