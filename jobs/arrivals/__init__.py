"""The publisher's page and the inbox -> files in the archive -> the record.

ingest        the one door: all that waits -> read, believed or quarantined
publisher, listing, http    the publisher's page, its links, one address
inbox, folder, table    files that people put, name or point at
dated         a table of dated statements -> values
arrival, reading, archive    what arrives, reads in a process apart, and where it lies
"""
