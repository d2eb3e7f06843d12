// Statics that are containers work as class variables.
class Registry {
  static items = {}
  static counter = [0]
  id = 0
  constructor(name) { counter[0]++; id = counter[0]; items[name] <- this }
  static function get(name) { return name in items ? items[name] : null }
}
Registry("a")
Registry("b")
print(Registry.counter[0] + " " + Registry.get("b").id + " " + Registry.get("zz") + " " + Registry.items.len() + "\n")
class Sub extends Registry { }
Sub("c")
print(Registry.get("c").id + " " + (Registry.get("c") instanceof Sub) + " " + (Sub.items == Registry.items) + "\n")
