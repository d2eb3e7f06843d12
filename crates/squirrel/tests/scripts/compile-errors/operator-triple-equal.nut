// There is no triple equality.
if (a === b) c
