// A semicolon before catch.
try a(); catch (e) b()
