// Blanks, tabs, carriage returns and line ends between tokens.
local	a	=	1
local
  b
  =
  2
print(
  a
  +
  b
  +
  "\n"
)
local c = a+b;print(c+"\n");;;print("x\n");
{print("block\n")}
if(a)print("if\n")
for(;a<3;a++)print(a+"\n")
