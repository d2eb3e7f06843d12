// static outside of a class.
static function f() {}
