// A name is missing after the colons.
function a::() {}
