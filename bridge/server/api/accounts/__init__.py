"""`/control/keys`, `/control/login`, …: with which credentials the bridge reaches Claude."""
