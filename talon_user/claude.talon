# Commands to Claude. Each begins with the prefix word: see claude_prefix.talon-list.
-
{user.claude_prefix} ask <user.claude_prompt>$: user.claude_ask(claude_prompt)
^{user.claude_prefix} stop$: user.claude_stop()
^{user.claude_prefix} resume$: user.claude_resume()
^{user.claude_prefix} here$: user.claude_here()
