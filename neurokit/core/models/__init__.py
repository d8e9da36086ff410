"""Models, random numbers and files."""
