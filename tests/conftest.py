"""What holds for every test."""
import signal

# A shell that starts a command in the background has it ignore interrupts, and so do all programs
# that it starts; but tests send some.
signal.signal(signal.SIGINT, signal.default_int_handler)
