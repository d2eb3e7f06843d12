// A slot without a value.
local t = { a = }
