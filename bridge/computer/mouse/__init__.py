"""What the user's own moves of the mouse mean while Claude acts."""
