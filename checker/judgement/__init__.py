"""What is believed: certified traces, their explanations, and what was checked in vain."""
