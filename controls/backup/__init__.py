"""Backups that the server can write and cannot read, and how an installation comes back from one."""
