"""What the tests share: records, servers, readers and wrongdoers, by what they are."""
