// throw without a value.
try { throw } catch (e) {}
