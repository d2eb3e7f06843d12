// Compound assignment to a call.
this.f() += 1
