// A number as an enum member.
enum E { 5 }
