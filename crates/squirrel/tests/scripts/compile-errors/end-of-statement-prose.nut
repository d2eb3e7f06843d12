// Prose in a program.
agent code below is for the
server.log("x")
