// A slot without a sign.
local t = { a 1 }
