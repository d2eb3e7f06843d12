// Bytes from 128 up: indexing and iteration give negative numbers in this dialect.
local s = "\x7f\x80\xff\xc3\xa9"
print(s.len() + "\n")
foreach (i, c in s) print(i + ":" + c + " ")
print("\n")
print(s[1] + " " + (s[1] & 0xff) + "\n")
print("é".len() + "\n")
print(("\xff" < "a") + " " + ("\xff" > "a") + " " + ("\x80" > "\x7f") + "\n")
print(('\xff') + " " + (-1).tochar()[0] + "\n")
print("é".toupper() + " ü\n")
