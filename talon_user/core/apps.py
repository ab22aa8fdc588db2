"""The terminals and the text apps that are known, by name, program, bundle or window class.

To add one, add its name to a table. Names are compared as words, without case, punctuation and
`.exe`: `google-chrome` stands for “Google Chrome”, too. `firefox*` stands for all names that begin
with this word, such as “Firefox Developer Edition”.
"""

import re


def simplify_name(name: str) -> str:
    """Return the words of an app's name, separated by spaces."""
    plain = re.sub(r"\.(exe|app|appimage|bin)$", "", name.strip().lower())
    return " ".join(re.findall(r"[^\W_]+\+*", plain))


def read_names(table: str) -> frozenset[str]:
    """Read a table of names that commas or line ends separate."""
    entries = [entry.strip() for entry in re.split(r"[,\n]", table)]
    return frozenset(
        simplify_name(entry.rstrip("*")) + (" *" if entry.endswith("*") else "")
        for entry in entries
        if simplify_name(entry.rstrip("*"))
    )


def is_listed(name: str, names: frozenset[str]) -> bool:
    """Return whether a name, or the words that it begins with, are in a table."""
    words = simplify_name(name).split()
    starts = (" ".join(words[: count + 1]) + " *" for count in range(len(words)))
    return " ".join(words) in names or any(start in names for start in starts)


TERMINALS = read_names(
    """
    aterm, bash, black-box, blackbox, bterm, butterfly, cascadia_hosting_window_class, cathode, cmd
    cmder, co.zeit.hyper, com.apple.Terminal, com.github.wez.wezterm, com.googlecode.iterm2
    com.mitchellh.ghostty, com.netsarang.xshell, com.panic.prompt.3, com.raggesilver.BlackBox
    com.system76.CosmicTerm, com.termius-dmg.mac, contour, cool-retro-term, cosmic-term, dash
    deepin-terminal, dev.commandline.waveterm, domterm, eterm, evilvte, fbterm, fish, foot
    footclient, foot-server, germinal, git-bash, gnome-console, gtkterm, guake, havoc, hterm, hyper
    kgx, kitty, ksh, kterm, kuake, kvt, lilyterm, lxterm, mlterm, mobaxterm, mobaxterm_personal
    mremoteng, mrxvt, msys2, nu, nushell, openconsole, org.codeberg.dnkl.foot
    org.contourterminal.Contour, org.gnome.Console, org.gnome.Ptyxis, org.kde.yakuake, org.tabby
    org.tabby.app, prompt, prompt 3, pseudoconsolewindow, pterm, puttytel, kitty_portable, rio
    com.raphaelamorim.rio, royalts, royal tsx, rterm, sakura, screen, securecrt, sh, ssh, st
    st-256color, stjerm, stterm, tabby, tcsh, telnet, terminus, termit, termite, termux, tilda
    tmux, ttyd, tym, virtualconsoleclass, vte, warp, wave, wayst, windbg, wsl, wslhost, wt
    x-terminal-emulator, xiterm, xshell, xvt, yaft, yakuake, zoc, zsh, zutty
    windows command processor, dev.warp.Warp*, finalterm, jfbterm, kermit, mxterm, nxterm, tn5250
    net.kovidgoyal.kitty
    """
)
"""Whole names. Shells are here because Windows names a console by the program in it."""

TERMINAL_WORDS = frozenset(
    {
        "alacritty", "conemu", "conemu64", "conemuc64", "conhost", "consolewindowclass",
        "extraterm", "fluentterminal", "ghostty", "guake", "hyperterm", "iterm", "iterm2",
        "konsole", "lxterminal", "mintty", "openconsole", "powershell", "ptyxis", "putty", "pwsh",
        "qmlkonsole", "qterminal", "roxterm", "rxvt", "termius", "terminal", "terminator",
        "terminix", "terminology", "termux", "tilix", "urxvt", "urxvtc", "urxvtd", "uxterm",
        "waveterm", "wezterm", "windowsterminal", "windowsterminalpreview", "xterm"
    }
)  # fmt: skip
"""Words that make every name a terminal's, for variants that no table can list."""

EDITORS_WITH_TERMINAL = read_names(
    """
    antigravity, azure data studio*, azuredatastudio, clion*, clion64, code, code-insiders
    code-oss, code-url-handler, codium, com.exafunction.windsurf, com.google.android.studio
    com.jetbrains*, com.microsoft.VSCode, com.microsoft.VSCodeInsiders
    com.todesktop.230313mzl4w4u92, com.visualstudio.code, com.vscodium, co.posit.positron, cursor
    datagrip*, datagrip64, dataspell, dev.zed.Zed, dev.zed.Zed-Preview, devenv
    microsoft visual studio*, eclipse*, emacs*, emacs-gtk, fleet, gnome-builder, org.gnome.Builder
    gnu emacs*, goland*, goland64, intellij*, idea*, idea64, jetbrains*, jupyter-lab, jupyterlab*
    kate, org.kde.kate, kdevelop, org.kde.kdevelop, kiro, lapce, matlab*, org.gnu.Emacs, phpstorm*
    phpstorm64, positron, pulsar, pycharm*, pycharm64, qtcreator, qt creator, rider*, rider64
    rstudio, rubymine*, rubymine64, rustrover*, rustrover64, spyder, android studio*, studio64
    theia, trae, visual studio, visual studio code*, void, vscode, vscodium, webstorm*, webstorm64
    windsurf, xcode, com.apple.dt.Xcode, zed, zed-editor, zeditor, geany, nova, com.panic.Nova
    arduino ide, cc.arduino.IDE2
    """
)
"""Editors with a terminal or console of their own, in the same window as the text."""

BROWSERS = read_names(
    """
    arc, company.thebrowser.Browser, brave, brave browser*, com.brave.Browser*, chrome
    google chrome*, com.google.Chrome*, chromium, chromium-browser, org.chromium.Chromium, dia
    duckduckgo, epiphany, org.gnome.Epiphany, falkon, firefox*, firefox-esr, firefox-bin
    org.mozilla*, floorp, iexplore, librewolf, msedge, microsoft edge*, microsoft-edge
    com.microsoft.edgemac, opera*, opera_gx, com.operasoftware*, orion, com.kagi.kagimacOS
    pale moon, palemoon, qutebrowser, safari, com.apple.Safari, com.apple.SafariTechnologyPreview
    seamonkey, tor browser, ungoogled-chromium, vivaldi, vivaldi-bin, vivaldi-stable
    com.vivaldi.Vivaldi, waterfox, net.waterfox*, zen, zen-bin, zen browser, app.zen-browser
    helium, comet, chatgpt atlas, perplexity
    """
)

TEXT_APPS = read_names(
    """
    airmail, apple mail, mail, com.apple.mail, betterbird, canary mail, claws-mail, em client
    mailclient, evolution, org.gnome.Evolution, geary, org.gnome.Geary, hey, kmail, kontact
    mailspring, mimestream, olk, outlook, microsoft outlook*, com.microsoft.Outlook, postbox
    proton mail, protonmail, readdle spark, spark, spark mail, superhuman, sylpheed, thunderbird*
    thunderbird-bin, tutanota, hxoutlook, windows mail

    adium, beeper, caprine, com.apple.MobileSMS, chatgpt, claude, com.anthropic.claudefordesktop
    com.openai.chat, com.tinyspeck.slackmacgap, discord, discord canary, com.hnc.Discord, dino
    element, element-desktop, ferdium, franz, gajim, google chat, hexchat, imessage, line
    mattermost, messages, messenger, microsoft teams*, ms-teams, teams, teams-for-linux
    com.microsoft.teams, com.microsoft.teams2, pidgin, polari, quassel, rambox, rocket.chat
    session, signal, signal-desktop, org.whispersystems.signal-desktop, skype, slack, telegram
    telegram-desktop, telegramdesktop, org.telegram.desktop, ru.keepcoder.Telegram, textual
    threema, viber, vesktop, webcord, webex, wechat, whatsapp, net.whatsapp.WhatsApp, wire, zoom
    us.zoom.xos, zulip

    affine, agenda, anytype, apostrophe, appflowy, apple notes, notes, com.apple.Notes, bear
    net.shinyfrog.bear, capacities, cherrytree, craft, day one, devonthink, drafts, evernote
    com.evernote.Evernote, focuswriter, ghostwriter, gnote, gnome-notes, goodnotes, heptabase
    ia writer, joplin, logseq, lyx, manuskript, marktext, mark text, microsoft onenote, onenote
    com.microsoft.onenote.mac, microsoft sticky notes, mindforger, notable, notejoy, notesnook
    notion, notion.id, obsidian, md.obsidian, omnioutliner, org.gnome.gitlab.somas.Apostrophe
    qownnotes, reflect, remnote, roam research, scrivener, simplenote, standard notes, stickies
    tana, texmaker, texstudio, texshop, tomboy, tot, trilium, typora, ulysses, workflowy, zettlr
    zim, zotero

    adobe acrobat*, acrobat, abiword, calligrawords, com.apple.iWork.Keynote
    com.apple.iWork.Numbers, com.apple.iWork.Pages, com.microsoft.Excel, com.microsoft.Powerpoint
    com.microsoft.Word, desktopeditors, excel, freeoffice, gnumeric, hwp, keynote, libreoffice*
    org.libreoffice*, microsoft excel*, microsoft powerpoint*, microsoft word*, numbers
    onlyoffice*, openoffice*, pages, planmaker, powerpnt, presentations, scalc, scribus, simpress
    soffice, softmaker, swriter, textmaker, winword, wordpad, wordperfect, wps, wps office, et, wpp
    writer

    bbedit, com.barebones.bbedit, byword, com.apple.TextEdit, coteditor, com.coteditor.CotEditor
    editpad, emeditor, featherpad, gedit, org.gnome.gedit, gnome-text-editor, org.gnome.TextEditor
    kwrite, org.kde.kwrite, l3afpad, leafpad, mousepad, notepad, notepad++*, notepad3, notepadqq
    notepads, pluma, sublime text*, sublime_text, sublime-text, com.sublimetext, text editor
    textedit, textmate, com.macromates.TextMate, ultraedit, uedit64, xed, scite, subethaedit

    asana, basecamp, calendar, com.apple.iCal, gnome-calendar, clickup, com.apple.reminders
    fantastical, figma, freeform, github desktop, gitkraken, gimp, hubspot, inkscape, jira, linear
    microsoft planner, microsoft to do, todo, miro, monday, omnifocus, postman, insomnia, raycast
    reminders, sourcetree, sublime merge, sublime_merge, things, things3, ticktick, todoist, trello
    anki, calibre, deepl, grammarly, languagetool, logos, audacity, obs
    """
)
"""Mail, chat, notes, office, plain editors and planners: none runs what is typed."""

# The rest says what tells a terminal and a text field in the same window apart.

TERMINAL_TITLES = re.compile(
    r"focus:\[(terminal|терминал|термінал|终端|終端機|ターミナル|터미널)", re.IGNORECASE
)
"""VS Code's title with `focus:[${focusedView}]`, as community asks for, in some languages."""

TEXT_TITLES = re.compile(r"focus:\[(text editor|search|source control|chat)\b", re.IGNORECASE)

WEB_TERMINAL_TITLES = re.compile(
    r"cloud ?shell|codespaces?\b|code-server|gitpod|jupyter|colab|replit|visual studio code|vscode|"
    r"web ?terminal|ttyd|wetty|webssh|cockpit|posit workbench|rstudio",
    re.IGNORECASE,
)
"""Browser titles of web pages that may contain a terminal."""

TERMINAL_ELEMENTS = re.compile(
    r"xterm-(helper|screen|accessibility)|termcontrol|vteterminal|consolewindow|"
    r"^terminal( input|,| \d|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""Class, role or label of a terminal as the focused element, one per line."""

TEXT_ELEMENTS = re.compile(
    r"^editor$|native-edit-context|monaco-mouse-cursor-text", re.IGNORECASE | re.MULTILINE
)
"""The same for the text of VS Code and its relatives."""
