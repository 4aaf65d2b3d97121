"""What people do about what they see: acknowledge, be silent, assign, ask for maintenance, approve."""
