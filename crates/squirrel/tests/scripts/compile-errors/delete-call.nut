// A call cannot be deleted.
delete f()
