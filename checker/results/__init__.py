"""What engines answer and what the judgement makes of it: explorations, traces, verdicts."""
