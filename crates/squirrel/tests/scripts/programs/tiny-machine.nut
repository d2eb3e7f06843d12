// An interpreter of a tiny language with loops.
function run(src, input) {
  local tape = array(30, 0), p = 0, out = "", ip = 0, inp = 0, stack = [], jump = {}
  foreach (i, c in src) { if (c == '[') stack.push(i); if (c == ']') { local s = stack.pop(); jump[s] <- i; jump[i] <- s } }
  while (ip < src.len()) {
    switch (src[ip]) {
      case '>': p++; break
      case '<': p--; break
      case '+': tape[p] = (tape[p] + 1) & 255; break
      case '-': tape[p] = (tape[p] - 1) & 255; break
      case '.': out += tape[p].tochar(); break
      case ',': tape[p] = inp < input.len() ? input[inp++] : 0; break
      case '[': if (!tape[p]) ip = jump[ip]; break
      case ']': if (tape[p]) ip = jump[ip]; break
    }
    ip++
  }
  return out
}
print(run("++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.", ""))
print(run(",[.,]", "echo") + "\n")
print(run(",>,<[->+<]>.", "\x21\x20") + "\n")
