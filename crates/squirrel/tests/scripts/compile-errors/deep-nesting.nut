// An error deep inside functions, classes and tables.
function a() {
  class B {
    function m() {
      local t = {
        f = function(x) {
          return [1, 2, { k = x + }]
        }
      }
    }
  }
}
