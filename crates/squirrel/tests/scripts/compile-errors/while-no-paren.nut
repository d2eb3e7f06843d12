// while without parentheses.
while true { }
