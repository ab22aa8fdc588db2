"""Recorded requests and their answers: in memory only, and only while the user has it on."""
