// A placeholder after a dot.
hardware.<SPI_BUS>.configure()
