// Character literals are integers.
print('a' + "\n")
print('A' + 1 + "\n")
print('\n' + " " + '\t' + " " + '\0' + " " + '\\' + " " + '\'' + " " + '"' + " " + '\"' + "\n")
print('\x41' + "\n")
print('\x7f' + "\n")
print('\xff' + "\n")
print(' ' + "\n")
print(typeof 'x' + "\n")
print(-'a' + "\n")
switch ("hello"[1]) {
  case 'h': print("h\n"); break
  case 'e': print("e\n"); break
}
