# Copy this file next to your own Talon files and remove the "# " from the lines you want to change.
-
# settings():
#     # The bridge's address: a numeric host or localhost.
#     user.claude_bridge_url = "http://127.0.0.1:8000"
#
#     # The bridge's access key, if it requires one.
#     user.claude_api_key = ""
#
#     # The model for questions that do not name one: an id such as claude-opus-5-5, or default for the
#     # bridge's active model. “claude use sonnet” overrides it.
#     user.claude_model = "default"
#
#     # stream: insert text as it arrives; text with line breaks is pasted, the rest is typed.
#     # lines:  paste whole lines; editors.talon sets this for code editors.
#     # at_end: paste the complete answer.
#     user.claude_insert_mode = "stream"
#
#     # Where an answer goes if neither you nor the prompt names a destination: here, above, below,
#     # new file, clip, append, window, browser, speech or snippet.
#     user.claude_default_destination = "here"
#
#     # In all modes, a terminal gets spaces for line breaks, and no copy key. An app that is not
#     # known, and an editor that does not tell whether its terminal has the focus, gets a line break
#     # or a copy key only after you say “claude resume”. README.md says what is known and guaranteed.
#     # Your own apps that run nothing, and those that run each line: names, programs or bundles.
#     # An editor in the first list needs no “claude resume”, but then its terminal must show itself.
#     user.claude_text_apps = ""
#     user.claude_terminals = ""
#
#     # If “claude ask” asks for code, insert the code without fences; other questions get prose.
#     # editors.talon sets this for code editors.
#     user.claude_code_mode = false
#
#     # Send what Claude remembers with every question; false: only after “claude with context”.
#     user.claude_context_always = true
#
#     # Minutes after the last answer in which “claude ask” continues its thread; 0: never.
#     user.claude_thread_minutes = 30.0
#
#     # Seconds to wait for the first words of an answer; 0: without end.
#     user.claude_timeout_seconds = 60.0
#
#     # Answers to “claude ask” with more lines go to Claude's window; 0: never.
#     user.claude_window_lines = 40
#
#     # Send the current app's name, and its window's title.
#     user.claude_tell_app = false
#     user.claude_tell_title = false
#
#     # Apps in which nothing is read or inserted: names, programs or bundles.
#     user.claude_deny_apps = "1Password, Bitwarden, Dashlane, KeePass, KeePassXC, Keychain Access, LastPass, Passwords"
#
#     # The shell for “claude shell”, such as "fish on macOS"; empty: the system's usual shell.
#     user.claude_shell = ""
#
#     # A noise that stops Claude: "hiss" or "pop".
#     user.claude_stop_noise = ""
#
#     # Play the system's notification sound with each notice and at the end of an answer.
#     user.claude_sounds = false
#
#     # The library that draws status and answers: auto, canvas, imgui or none.
#     user.claude_hud = "auto"
#
# # A hot key that stops Claude:
# key(ctrl-alt-escape): user.claude_stop()
