# Code editors indent and close brackets while text is typed, so whole lines are pasted into them.
# Where “claude ask” asks for code there, only the code is inserted; other questions get prose.
app.name: Code
app.name: Visual Studio Code
app.name: VSCodium
app.name: Code - Insiders
app.name: Visual Studio Code - Insiders
app.name: Cursor
app.name: Windsurf
app.name: Positron
app.name: Zed
app.name: Xcode
app.name: /^(PyCharm|IntelliJ|WebStorm|PhpStorm|RubyMine|Rider|GoLand|CLion|RustRover|Android Studio)/
app.name: /jetbrains/
-
settings():
    user.claude_insert_mode = "lines"
    user.claude_code_mode = true
