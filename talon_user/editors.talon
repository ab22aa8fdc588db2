# Code editors indent and close brackets while one types, so they get whole lines, pasted,
# and “claude ask” is for code there: of an answer with fences, only the code is inserted.
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
