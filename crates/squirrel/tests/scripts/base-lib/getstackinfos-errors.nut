// Wrong arguments.
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() getstackinfos())
e(@() getstackinfos("x"))
e(@() getstackinfos(null))
e(@() getstackinfos(1, 2))
e(@() getstackinfos(1000))
e(@() getstackinfos(1.5).func)
