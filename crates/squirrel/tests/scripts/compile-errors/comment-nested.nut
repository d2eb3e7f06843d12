// Comments do not nest.
/* a /* b */ c */
