// foreach without parentheses.
foreach in x {}
