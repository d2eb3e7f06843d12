// break outside of a loop.
print("a")
break
