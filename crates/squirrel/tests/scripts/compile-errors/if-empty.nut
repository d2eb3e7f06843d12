// An empty condition.
if () b
