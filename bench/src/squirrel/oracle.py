# Runs a program on the reference, and says on standard error how many seconds that took.
import sys, time
import squirrel

source = open(sys.argv[1]).read()
vm = squirrel.SQVM()
began = time.perf_counter()
vm.execute(source)
sys.stderr.write("%.9f\n" % (time.perf_counter() - began))
