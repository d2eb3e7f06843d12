// The closing brace of an enum is missing.
enum E { A, B
