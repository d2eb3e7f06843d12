// An error after a comment of two lines.
/* one
   two */ local a = = 1
