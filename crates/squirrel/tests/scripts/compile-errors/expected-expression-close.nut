// A closing brace too many.
}
