"""What a spec's author writes with: components, marks, waiting and choosing."""
