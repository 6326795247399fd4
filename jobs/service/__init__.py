"""What runs for years: the daemon, its health, backups, logs."""
