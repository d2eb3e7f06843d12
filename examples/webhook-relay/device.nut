// The relay needs no device of its own.
