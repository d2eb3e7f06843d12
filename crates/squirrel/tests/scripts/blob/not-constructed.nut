// Blob methods on objects whose constructor did not run.
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
class B extends blob { constructor() { } }
e(@() blob.instance().len())
e(@() B().len())
e(@() B()[0])
e(@() B().readn('i'))
e(@() B().writen(1, 'i'))
e(@() B().resize(5))
e(@() B().seek(0))
e(@() typeof B())
e(@() blob.len.call(regexp("a")))
class X { }
e(@() blob.len.call(X()))
e(@() blob(2).writeblob(X()))
