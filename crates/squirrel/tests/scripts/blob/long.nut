// The stock type 'l'.
local b = blob()
b.writen(-5, 'l')
print(b.len() + " ")
b.seek(0)
print(b.readn('l') + "\n")
