// A call as the value of an enum member.
enum E { A = f() }
