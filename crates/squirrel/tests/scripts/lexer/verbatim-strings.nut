// Verbatim strings: no escapes, line ends kept, doubled quotes.
print(@"a\tb" + "\n")
print(@"one
two
three" + "\n")
print(@"say ""hi""" + "\n")
print(@"".len() + "\n")
print(@"""".len() + "\n")
print(@"\".len() + "\n")
print((@"line
" == "line\n") + "\n")
print(@"c:\dir\new" + "\n")
