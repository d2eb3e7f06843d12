// this cannot be deleted.
delete this
