# Works in every mode, even while Talon sleeps.
mode: command
mode: dictation
mode: sleep
-
^{user.claude_prefix} stop$: user.claude_stop()
