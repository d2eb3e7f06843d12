// A backtick.
print(`x`)
