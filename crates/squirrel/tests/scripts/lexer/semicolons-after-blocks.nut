// Semicolons after braces, and none before closing ones.
function f() { return 1 };
class A { x = 1; function g() { return 2 }; };
if (true) { print("a") };
while (false) { };
for (;;) { break };
foreach (v in [1]) { print(v) };
try { throw 1 } catch (e) { print("c") };
switch (1) { case 1: print("s"); };
local t = { a = 1, };
enum E { A, };
const X = 1;
do { print("d") } while (false);
print(f() + A().g() + "\n");
