# Works in every mode, even while Talon sleeps.
mode: command
mode: dictation
mode: sleep
mode: user.claude_listening
-
^{user.claude_prefix} stop$: user.claude_stop()
