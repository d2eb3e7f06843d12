// Methods of regexp and blob on objects that are no such thing, or were never constructed. The reference crashes.
function try_it(name, f) { try { f(); print(name + ": no error\n") } catch (e) { print(name + ": " + typeof e + "\n") } }
class X { }
class R extends regexp { constructor() { } }
class B extends blob { constructor() { } }
try_it("match on a blob", @() regexp.match.call(blob(1), "a"))
try_it("match on an instance", @() regexp.match.call(X(), "a"))
try_it("match on a bare object", @() regexp.instance().match("a"))
try_it("search on a bare object", @() regexp.instance().search("a"))
try_it("capture on a bare object", @() regexp.instance().capture("a"))
try_it("subexpcount on a bare object", @() regexp.instance().subexpcount())
try_it("match without construction", @() R().match("a"))
try_it("len on a regexp", @() blob.len.call(regexp("a")))
try_it("len on an instance", @() blob.len.call(X()))
try_it("len on a bare object", @() blob.instance().len())
try_it("index of a bare object", @() blob.instance()[0])
try_it("readn of a bare object", @() blob.instance().readn('i'))
try_it("writen to a bare object", @() blob.instance().writen(1, 'i'))
try_it("resize of a bare object", @() blob.instance().resize(5))
try_it("clone of a bare object", @() clone B())
try_it("writeblob of a bare object", @() blob(1).writeblob(B()))
try_it("writeblob of an instance", @() blob(1).writeblob(X()))
try_it("swap4 of a bare object", @() B().swap4())
