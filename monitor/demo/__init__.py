"""An invented city on loopback: devices that answer, a script of faults, and the truth about them."""
