# The voice commands. Each begins with the prefix word: see claude_prefix.talon-list.
# A rule without “^” may follow other commands in a phrase, one without “$” may be followed by them.
# Rules end with “$” if they end with free text or if they act after the phrase, when a following
# command would already have moved the cursor. Those that approve or type something stand alone.
-
{user.claude_prefix} [<user.claude_model>] [on {user.claude_source}] [{user.claude_destination}] ask <user.claude_text>$:
    user.claude_ask(claude_text, claude_source or "", claude_destination or "", claude_model or "")
{user.claude_prefix} ask$: user.claude_ask("")
{user.claude_prefix} [<user.claude_model>] [on {user.claude_source}] [{user.claude_destination}] listen$:
    user.claude_listen(claude_source or "", claude_destination or "", claude_model or "")
{user.claude_prefix} [<user.claude_model>] <user.claude_named_prompt> [{user.claude_source}] [{user.claude_destination}] [<user.claude_text>]$:
    user.claude_prompt(claude_named_prompt, claude_source or "", claude_destination or "", claude_model or "", claude_text or "")
{user.claude_prefix} [<user.claude_model>] [on {user.claude_source}] [{user.claude_destination}] please <user.claude_text>$:
    user.claude_please(claude_text, claude_source or "", claude_destination or "", claude_model or "")
{user.claude_prefix} [<user.claude_model>] that was <user.claude_text>$:
    user.claude_that_was(claude_text, claude_model or "")
{user.claude_prefix} [<user.claude_model>] apply clip [on {user.claude_source}] [{user.claude_destination}]$:
    user.claude_apply_clip(claude_source or "", claude_destination or "", claude_model or "")
{user.claude_prefix} [<user.claude_model>] and <user.claude_named_prompt> [{user.claude_source}] [{user.claude_destination}] [<user.claude_text>]$:
    user.claude_chain(claude_named_prompt, claude_source or "", claude_destination or "", claude_model or "", claude_text or "")
{user.claude_prefix} [<user.claude_model>] and [{user.claude_destination}] please <user.claude_text>$:
    user.claude_chain_please(claude_text, claude_destination or "", claude_model or "")

# Context that goes with every question, or with the next one.
{user.claude_prefix} remember {user.claude_source}$: user.claude_remember(claude_source)
{user.claude_prefix} with context: user.claude_with_context()
{user.claude_prefix} context: user.claude_show_context()
{user.claude_prefix} forget context: user.claude_forget_context()

# While and after Claude writes; “claude stop” is in claude_stop.talon.
{user.claude_prefix} resume$: user.claude_resume()
{user.claude_prefix} here$: user.claude_here()
{user.claude_prefix} undo$: user.claude_undo()
{user.claude_prefix} retry$: user.claude_retry()
{user.claude_prefix} retry with <user.claude_model>$: user.claude_retry(claude_model)
{user.claude_prefix} again on {user.claude_source}$: user.claude_again_on(claude_source)
{user.claude_prefix} continue$: user.claude_continue()
{user.claude_prefix} new thread: user.claude_new_thread()
{user.claude_prefix} forget that: user.claude_forget()
{user.claude_prefix} queue: user.claude_queue()
{user.claude_prefix} drop: user.claude_drop()
{user.claude_prefix} history: user.claude_history()

# Models.
{user.claude_prefix} use <user.claude_model>$: user.claude_use(claude_model)
{user.claude_prefix} models: user.claude_models()

# The plan: what is left of it, and use beyond it, which costs money.
{user.claude_prefix} usage: user.claude_usage()
^{user.claude_prefix} allow extra usage$: user.claude_allow_extra_usage()

# Shell commands: shown first, and never run by themselves.
{user.claude_prefix} shell <user.claude_text>$: user.claude_shell(claude_text)
^{user.claude_prefix} insert$: user.claude_insert_offered()

# Computer use: Claude asks for approval first.
^{user.claude_prefix} computer <user.claude_text>$: user.claude_computer(claude_text)
^{user.claude_prefix} approve$: user.claude_approve()
^{user.claude_prefix} deny$: user.claude_deny()

# Help.
{user.claude_prefix} help$: user.claude_help()
{user.claude_prefix} help <user.claude_text>$: user.claude_help(claude_text)
{user.claude_prefix} doctor: user.claude_doctor()
