"""What the user meets: checking from end to end, reports, the command line."""
