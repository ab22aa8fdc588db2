"""What the user is asked to approve, how it is shown, and what was decided."""
