"""From a published run to a message in somebody's mailbox."""
