# Claude's window, and answers that were given: paste, copy, turn pages, read aloud.
-
^{user.claude_prefix} paste [block <number_small>]$: user.claude_paste(number_small or 0)
^{user.claude_prefix} take [block <number_small>]$: user.claude_take(number_small or 0)
^{user.claude_prefix} copy [block <number_small>]$: user.claude_copy(number_small or 0)
{user.claude_prefix} discard: user.claude_discard()

{user.claude_prefix} page <number_small>: user.claude_page(number_small)
{user.claude_prefix} next page: user.claude_next_page()
{user.claude_prefix} previous page: user.claude_previous_page()
{user.claude_prefix} window open: user.claude_window_open()
{user.claude_prefix} [window] close: user.claude_close()

# For users who do not see the screen.
{user.claude_prefix} speak: user.claude_speak()
{user.claude_prefix} speak notices: user.claude_speak_notices()
{user.claude_prefix} notices: user.claude_notices()
