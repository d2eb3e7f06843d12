// The monitor needs no device of its own.
