// base cannot be modified, compound.
base += 3
