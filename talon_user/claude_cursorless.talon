# Cursorless targets as sources and destinations, if Cursorless is installed.
tag: user.cursorless
-
{user.claude_prefix} [<user.claude_model>] <user.claude_named_prompt> <user.cursorless_target>$:
    user.claude_prompt_cursorless(claude_named_prompt, cursorless_target, "", "", claude_model or "")
{user.claude_prefix} [<user.claude_model>] <user.claude_named_prompt> <user.cursorless_target> <user.cursorless_destination>$:
    user.claude_prompt_cursorless(claude_named_prompt, cursorless_target, cursorless_destination, "", claude_model or "")
{user.claude_prefix} [<user.claude_model>] <user.claude_named_prompt> <user.cursorless_target> {user.claude_destination}$:
    user.claude_prompt_cursorless(claude_named_prompt, cursorless_target, "", claude_destination, claude_model or "")
{user.claude_prefix} [<user.claude_model>] <user.claude_named_prompt> [{user.claude_source}] <user.cursorless_destination>$:
    user.claude_prompt_to_cursorless(claude_named_prompt, claude_source or "", cursorless_destination, claude_model or "")
{user.claude_prefix} [<user.claude_model>] on <user.cursorless_target> [{user.claude_destination}] ask <user.claude_text>$:
    user.claude_prompt_cursorless(claude_text, cursorless_target, "", claude_destination or "here", claude_model or "")
