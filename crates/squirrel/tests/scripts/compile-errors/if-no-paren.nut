// if without parentheses.
if a { b }
