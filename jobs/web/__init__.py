"""The page as a server, and the process that answers visitors' queries."""
