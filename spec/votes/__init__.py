"""The votes on discarding RAM: from one bool to four counters, with everybody who votes."""
