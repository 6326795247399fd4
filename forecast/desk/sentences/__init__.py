"""Every sentence about a month, a flag, a forecast and the record, once."""
