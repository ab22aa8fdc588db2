# A question over several phrases. No other command works then, so that every word may be said.
mode: user.claude_listening
-
{user.claude_prefix} send$: user.claude_send()
{user.claude_prefix} cancel$: user.claude_cancel()
<user.claude_text>$: user.claude_hear(claude_text)
