// The operand of typeof is missing.
print(typeof)
