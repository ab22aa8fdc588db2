"""The desktop of this machine, seen and used through what its platform offers."""
