// A matrix class with indexing through _get and _set.
class Matrix {
  rows = 0; cols = 0; v = null
  constructor(r, c, f = null) { rows = r; cols = c; v = array(r * c, 0); if (f) for (local i = 0; i < r * c; i++) v[i] = f(i / c, i % c) }
  function _get(i) { if (typeof i != "integer") throw null; local m = this; return { }.setdelegate({ function _get(j) { return m.v[i * m.cols + j] } function _set(j, x) { m.v[i * m.cols + j] = x } }) }
  function _mul(o) {
    if (typeof o != "instance") return Matrix(rows, cols, (@(r, c) v[r * cols + c] * o).bindenv(this))
    if (cols != o.rows) throw "shapes do not fit"
    local a = this
    return Matrix(rows, o.cols, function(r, c) { local s = 0; for (local k = 0; k < a.cols; k++) s += a.v[r * a.cols + k] * o.v[k * o.cols + c]; return s })
  }
  function _tostring() { local s = ""; for (local r = 0; r < rows; r++) { for (local c = 0; c < cols; c++) s += v[r * cols + c] + " "; s += "; " } return s }
}
local a = Matrix(2, 3, @(r, c) r * 3 + c), b = Matrix(3, 2, @(r, c) r == c ? 1 : 0)
print(a + "\n" + b + "\n" + (a * b) + "\n" + (a * 10) + "\n")
print(a[1][2] + "\n")
a[1][2] = 50
print(a[1][2] + " " + a + "\n")
try { a * a } catch (e) { print(e + "\n") }
try { a[5][5] } catch (e) { print(e + "\n") }
