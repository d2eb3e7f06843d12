// Blank lines count.




local a = 1



local b = )
