"""Where answers come from; every backend speaks the seam of `base`."""
