// An enum without a name.
enum { A }
