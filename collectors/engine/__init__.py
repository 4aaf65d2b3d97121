"""Bulk I/O for thousands of devices at once, and the plan of who is asked when."""
