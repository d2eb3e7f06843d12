// Comments of all three kinds, at ends of lines, in the middle and at the end of the file.
print("a\n") // to the end
# a hash comment
print("b\n") # another
/* block */ print("c\n") /* and
more lines */
print(/* inside */ "d\n")
/**/ print("e\n") /***/
/* not /* nested */ print("f\n")
local a = 1 # 2
print(a + "\n")
local b = 10 /* 5 */ / 2 // 3
print(b + "\n")
print("// not a comment /* nor this */ # nor this\n")
/* last */
