// Tabs count as one column.
		local a	=	= 1
