// A slot in parentheses cannot be assigned to.
(a.b) = 5;
