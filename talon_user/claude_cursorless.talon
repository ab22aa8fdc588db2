# Cursorless targets as sources and destinations, if Cursorless is installed.
# “at” keeps them apart from our own sources: Cursorless has targets named “this” and “line”, too.
# Its target is a grammar of its own that Talon compiles for each use, so one rule has it.
tag: user.cursorless
-
{user.claude_prefix} [<user.claude_model>] at <user.cursorless_target> [{user.claude_destination}] <user.claude_target_prompt>$:
    user.claude_prompt_cursorless(claude_target_prompt, cursorless_target, claude_destination or "", claude_model or "")
^{user.claude_prefix} insert <user.cursorless_destination>$: user.claude_insert_cursorless(cursorless_destination)
