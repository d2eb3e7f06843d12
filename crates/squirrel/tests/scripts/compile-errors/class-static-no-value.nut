// A static field without a value.
class A {
  static HTTPS_PORT = ;
}
