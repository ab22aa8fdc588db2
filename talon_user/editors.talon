# Code editors indent and close brackets while text is typed, so whole lines are pasted into them.
# “claude ask” asks for code there: of an answer with code fences, only the code is inserted.
app.name: Code
app.name: Visual Studio Code
app.name: VSCodium
app.name: Cursor
app.name: Zed
app.name: Xcode
app.name: /^(PyCharm|IntelliJ|WebStorm|Rider|GoLand|CLion|RustRover|Android Studio)/
-
settings():
    user.claude_insert_mode = "lines"
    user.claude_code_mode = true
