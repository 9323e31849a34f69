"""What is believed: certified traces, their explanation, and what was checked only in appearance."""
