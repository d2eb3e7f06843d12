// A string cannot be assigned to; no newline at the end.
"s" = 1