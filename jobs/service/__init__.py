"""What runs for years: the daemon, its health, backups, logs.

daemon, wakeup, upkeep    the month's work at its hour, one wake of it, what follows a run
checks, health, heartbeat, port    how the service stands, and who is told
backup, yearly, first_settings    copies, the report of a closed year, the first settings
"""
