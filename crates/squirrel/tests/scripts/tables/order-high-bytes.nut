// Keys with bytes above 127.
local t = {}
foreach (i, k in ["é", "ü", "ñ", "\xff", "\x80\x81", "日本", "naïve", "a\xffb", "Ω"]) t[k] <- i
foreach (k, v in t) print(v + " ")
print("\n")
