// Native frames in the call stack.
function show() {
  for (local l = 0; ; l++) {
    local s = getstackinfos(l)
    if (!s) break
    print(l + " " + s.func + " " + s.src + " " + s.line + " " + typeof s.locals + "\n")
  }
}
show();
[1].map(function(x) { show() })
show.call(this)
class A { function _add(o) { show() } }
A() + 1
