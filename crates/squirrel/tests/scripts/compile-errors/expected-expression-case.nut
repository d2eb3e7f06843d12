// case outside of a switch.
case 1: print(1)
