"""The page as a server, and the process that answers visitors' queries.

server, app, responses    where it listens, what it answers, within limits
worker, children, sql    queries and texts of visitors, in processes that may die
"""
