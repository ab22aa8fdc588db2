# Copy this file next to your own Talon files and take the "# " off the lines you want to change.
-
# settings():
#     # Where the bridge listens: a numeric address or localhost.
#     user.claude_bridge_url = "http://127.0.0.1:8000"
#
#     # The bridge's key, when it was set up with one.
#     user.claude_api_key = ""
#
#     # The model that answers where none is spoken: an id such as claude-opus-5-5, or default,
#     # which is the bridge's own. “claude use sonnet” changes it from then on.
#     user.claude_model = "default"
#
#     # stream: prose as it comes, typed, and pasted where it has line breaks.
#     # lines:  whole lines, pasted; editors.talon chooses it for code editors.
#     # at_end: one paste when the answer is whole.
#     # A terminal never gets a line break, whatever stands here.
#     user.claude_insert_mode = "stream"
#
#     # Whether “claude ask” is for code, so that only the code of an answer is inserted;
#     # editors.talon chooses it for code editors.
#     user.claude_code_mode = false
#
#     # How long “claude ask” goes on in the thread of the last answer; 0: never.
#     user.claude_thread_minutes = 30.0
#
#     # Whether Claude is told which app is in front, and its window's title.
#     user.claude_tell_app = false
#     user.claude_tell_title = false
#
#     # Apps in which nothing is read or inserted: names, programs or bundles.
#     user.claude_deny_apps = "1Password, Bitwarden, Dashlane, KeePass, KeePassXC, Keychain Access, LastPass, Passwords"
#
#     # The shell for “claude shell”, such as "fish on macOS"; empty: the system's usual one.
#     user.claude_shell = ""
#
#     # A noise that stops Claude: "hiss" or "pop".
#     user.claude_stop_noise = ""
#
#     # What shows the state in a corner, and answers in a window: auto, canvas, imgui or none.
#     user.claude_hud = "auto"
#
# # A hot key that stops Claude:
# key(ctrl-alt-escape): user.claude_stop()
