// continue in a method inside a loop.
for (;;) { class A { function m() { continue } } }
