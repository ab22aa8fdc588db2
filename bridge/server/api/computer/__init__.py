"""`/computer`: use of this computer, over HTTP."""
