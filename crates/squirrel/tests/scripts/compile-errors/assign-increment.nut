// A prefix increment cannot be assigned to.
++a = 5
