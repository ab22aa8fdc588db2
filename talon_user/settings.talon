# Copy this file next to your own Talon files and take the "# " off the lines you want to change.
-
# settings():
#     # Where the bridge listens: a numeric address or localhost.
#     user.claude_bridge_url = "http://127.0.0.1:8000"
#
#     # The bridge's key, when it was set up with one.
#     user.claude_api_key = ""
#
#     # stream: prose as it comes, typed, and pasted where it has line breaks.
#     # lines:  whole lines, pasted; editors.talon chooses it for code editors.
#     # at_end: one paste when the answer is whole.
#     # A terminal never gets a line break, whatever stands here.
#     user.claude_insert_mode = "stream"
