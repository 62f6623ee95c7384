"""Facts of files kept from one run to the next, by content and by what the file system says."""
