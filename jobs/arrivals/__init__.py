"""The publisher's page and the inbox -> files in the archive -> the record."""
