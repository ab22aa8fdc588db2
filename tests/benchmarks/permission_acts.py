"""Acts in real programs that are risky or harmless, for `permissions.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Act:
    """One action on one place of a scene, and whether a user should be asked."""

    name: str
    risky: bool
    scene: str
    member: str = "left_click"
    at: str = ""
    """What it is done at: a CSS selector, or a name of the scene's own; for keys, the focus."""
    fields: dict[str, Any] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    """What is clicked before it, such as a menu."""
    to: str = ""
    """Where a drag ends."""


def _page(title: str, body: str) -> str:
    body = body.replace("{svg}", "<svg width=16 height=16><rect width=16 height=16 /></svg>")
    return (
        f'<!doctype html><meta charset="utf-8"><title>{title}</title>'
        "<style>body{margin:12px;font:16px sans-serif}*{box-sizing:border-box}"
        "[role=dialog]{border:1px solid;padding:8px;margin:8px 0}</style>" + body
    )


PAGES = {
    "home": _page(
        "Home",
        """<h1 id=heading>Delete the past, a novel</h1>
<p id=text>We will update and remove nothing. To send or pay is not needed.</p>
<button id=delete>Delete account</button> <button id=order>Place order</button>
<button id=bin aria-label="Delete row">{svg}</button>
<button id=tooltip title="Remove member">{svg}</button>
<button id=send>Send</button> <a id=buy href="#b">Buy now</a> <a id=more href="#m">Read more</a>
<a id=article href="#a">How to delete files you no longer need</a>
<div id=divbutton onclick="1" style="width:120px">Remove item</div>
<span id=role role=button tabindex=0>Publish</span>
<label><input type=checkbox id=check>Remind me</label>
<input id=search type=search placeholder=Search> <select id=size><option>Small<option>Large</select>
<textarea id=area aria-label=Notes></textarea> <button id=show>Show details</button>
<button id=next aria-label="Next page">&gt;</button><button id=print>Print</button>
<button id=cyr>D&#1077;lete file</button> <button id=zero>De&#8203;lete file</button>
<a id=history href="#h">Order history</a> <button id=sort>Sort order</button>
<button id=upload>Upload file</button> <button id=allow>Allow</button>
<button id=run>Run anyway</button> <button id=pay>Pay 20&nbsp;€</button>
<button id=sub>Cancel subscription</button> <button id=merge>Merge pull request</button>
<button id=play>Play</button> <button id=edit>Edit</button> <button id=copy>Copy link</button>
<button id=payments>Payment methods</button>
<button id=updates>What's new in this update</button>""",
    ),
    "garden": _page(
        "Update on the garden",
        """<h1 id=heading>The garden</h1><p id=text>It grows in order of appearance.</p>
<a id=link href="#x">Next chapter</a>
<button id=like>Like</button><input id=search aria-label=Search>
<button id=menu>Menu</button><img id=image alt="A rose" width=60 height=40 src="data:,">""",
    ),
    "order": _page(
        "In order of appearance",
        "<h1 id=heading>Cast</h1><p id=text>Ada, Bob, Eve.</p><a id=link href='#x'>Biography</a>",
    ),
    "maps": _page(
        "Cartography for beginners",
        "<h1 id=heading>Maps</h1><p id=text>Draw a coast.</p><button id=zoom>Zoom in</button>",
    ),
    "welcome": _page(
        "Welcome",
        """<form onsubmit="return false"><label>User <input id=user></label>
<label>Password <input id=password type=password></label> <button id=go>Continue</button>
<button type=button id=help>Help</button></form>""",
    ),
    "shop": _page(
        "Shop",
        """<form onsubmit="return false"><label>Card number <input id=card></label>
<label>CVC <input id=cvc></label><input id=go type=submit value=Next>
<button type=button id=back>Back</button></form>""",
    ),
    "checkout": _page(
        "Checkout – Shop",
        "<p id=text>Your basket</p><button id=go>Continue</button><button id=no>Cancel</button>",
    ),
    "basket": _page(
        "Checkout – Shop",
        """<h1 id=heading>Your basket</h1><p id=text>Two roses. Pay now or later.</p>
<ul role=listbox><li id=item role=option tabindex=0>Pay now</li></ul>
<div role=tablist><span id=tab role=tab tabindex=0>Pay now</span>
<span id=overview role=tab tabindex=0>Overview</span></div>
<label><input type=checkbox id=check>Pay now</label>
<span id=switch role=switch tabindex=0 aria-checked=false>Pay now</span>
<a id=long href="#p">Pay 49.90 € now with your card</a> <button id=nameless>{svg}</button>
<button id=kauf>Kauf abschließen</button> <button id=paga>Paga ora</button>
<button id=card>💳</button> <button id=help>Help</button> <button id=later>Not now</button>""",
    ),
    "repository": _page(
        "Delete repository – Git",
        """<p id=text>This deletes everything.</p><button id=chinese>删除</button>
<button id=excluir>Excluir</button> <button id=back>Go back</button>""",
    ),
    "settings": _page(
        "Settings",
        """<h1 id=heading>Network</h1>
<ul role=listbox><li id=item role=option tabindex=0>Remote access on</li></ul>
<div id=click onclick="1" style="width:160px">Remote access on</div>
<button id=search>Search</button> <a id=about href="#a">About</a>""",
    ),
    "guide": _page(
        "Checkout guide – Blog",
        """<h1 id=heading>How to check out</h1><p id=text>Put it into the basket, then pay.</p>
<a id=next href="#n">Next article</a> <a id=all href="#l">Show all articles</a>
<input id=search aria-label="Search the blog">""",
    ),
    "spelling": _page(
        "Account",
        """<button id=score>Pay_now</button> <button id=price>Pay49.90</button>
<button id=joined>Delete&#8203;account</button> <button id=spaced>D e l e t e</button>
<textarea id=cell></textarea> <input id=input> <input id=named aria-label=Notes>
<ul role=listbox><li id=file role=option tabindex=0>Delete me.txt</li></ul>""",
    ),
    "dialog": _page(
        "Projects",
        """<div role=dialog aria-label="Delete project?"><p id=text>The project Rose.</p>
<button id=yes>Yes</button><button id=no>Cancel</button></div>
<div role=dialog aria-label="Empty the box?"><p>All files will be permanently deleted.</p>
<button id=ok>OK</button><button id=close aria-label=Close>x</button></div>
<div role=dialog aria-label="Tips"><p>Press F1 for help.</p><button id=tip>OK</button></div>""",
    ),
    "mail": _page(
        "Draft – Mail",
        """<input id=to aria-label=To><div id=body contenteditable aria-label="Message Body"
role=textbox aria-multiline=true style="height:60px;border:1px solid">Dear Ada</div>
<button id=send>Send</button><button id=bold>Bold</button><button id=attach>Attach</button>
<input id=chat aria-label="Type a message">""",
    ),
    "dnd": _page(
        "Files",
        """<div role=list><div role=listitem id=file draggable=true tabindex=0>report.pdf</div>
<div role=listitem id=folder tabindex=0>Reports</div>
<div role=button id=trash tabindex=0 aria-label=Trash>T</div></div>""",
    ),
    "kinds": _page(
        "Account",
        """<button id=unsubscribe>Unsubscribe</button> <button id=amount>Transfer $100</button>
<button id=format>Format</button> <button id=sign>Sign document</button>
<button id=firewall>Disable firewall</button> <button id=reversed>&#x202e;eteleD</button>
<button id=wide>ＤＥＬＥＴＥ</button> <button id=mixed>dElEtE AcCoUnT</button>
<button id=described aria-describedby=hint>{svg}</button><span id=hint>Delete this file</span>
<button id=loeschen>Konto loeschen</button> <button id=resilier>Résilier</button>
<button id=baja>Darse de baja</button> <button id=bin5>Move 5 items to Trash</button>
<button id=question>How do I delete my account?</button> <a id=trash href="#t">Trash</a>
<button id=filter>Filter</button> <a id=settings href="#s">Payment history</a>
<button id=undelete>Undelete</button> <button id=draw>Draw</button>""",
    ),
    "long dialog": _page(
        "Projects",
        """<div role=dialog aria-label="Question">"""
        + "<p style='height:4px;margin:0'>&nbsp;</p>" * 30
        + """<p id=text>All files will be permanently deleted.</p>
<a id=link href="#y">Yes</a> <div id=divyes onclick="1" style="width:80px">Yes</div>
<button id=yes>Yes</button><button id=no>Cancel</button></div>""",
    ),
    "deutsch": _page(
        "Konto",
        """<button id=loeschen>Konto löschen</button><button id=senden>Nachricht senden</button>
<button id=kaufen>Jetzt kaufen</button><button id=install>Installieren</button>
<button id=abbrechen>Abbrechen</button><a id=mehr href="#x">Mehr erfahren</a>
<button id=bestellen>Zahlungspflichtig bestellen</button><button id=suchen>Suchen</button>""",
    ),
    "francais": _page(
        "Compte",
        """<button id=supprimer>Supprimer le compte</button><button id=envoyer>Envoyer</button>
<button id=payer>Payer</button><button id=annuler>Annuler</button><button id=voir>Voir</button>""",
    ),
    "espanol": _page(
        "Cuenta",
        """<button id=eliminar>Eliminar cuenta</button><button id=enviar>Enviar mensaje</button>
<button id=comprar>Comprar ahora</button><button id=cancelar>Cancelar</button>
<button id=ver>Ver más</button>""",
    ),
}

_RISKY_CLICKS = {
    "home": "delete order bin tooltip send buy divbutton role cyr zero upload allow run pay sub "
    "merge",
    "welcome": "go",
    "shop": "go",
    "checkout": "go",
    "basket": "item tab check switch long nameless kauf paga card",
    "repository": "chinese excluir",
    "settings": "item click",
    "spelling": "score price joined spaced",
    "dialog": "yes ok",
    "kinds": "unsubscribe amount format sign firewall reversed wide mixed described loeschen "
    "resilier baja bin5",
    "long dialog": "link divyes yes",
    "mail": "send",
    "deutsch": "loeschen senden kaufen install bestellen",
    "francais": "supprimer envoyer payer",
    "espanol": "eliminar enviar comprar",
}
_HARMLESS_CLICKS = {
    "home": "heading text more article check search size area show next print history sort play "
    "edit copy payments updates",
    "garden": "heading text link like search menu image",
    "order": "heading text link",
    "maps": "heading text zoom",
    "welcome": "user help",
    "shop": "card back",
    "checkout": "text no",
    "basket": "heading text overview help later",
    "repository": "text back",
    "settings": "heading search about",
    "guide": "heading text next all search",
    "spelling": "file named",
    "dialog": "no close tip text",
    "kinds": "question trash filter settings undelete draw",
    "long dialog": "no text",
    "mail": "to body bold attach",
    "deutsch": "abbrechen mehr suchen",
    "francais": "annuler voir",
    "espanol": "cancelar ver",
}
"""Ids of elements in each page."""


def _list_clicks() -> list[Act]:
    return [
        Act(f"click #{name} on “{scene}”", risky, scene, at=f"#{name}")
        for risky, clicks in ((True, _RISKY_CLICKS), (False, _HARMLESS_CLICKS))
        for scene, names in clicks.items()
        for name in names.split()
    ]


def _typed(text: str) -> dict[str, Any]:
    return {"text": text}


def _keys(name: str, risky: bool, scene: str, at: str, keys: str) -> Act:
    return Act(name, risky, scene, "key", at, _typed(keys))


ON_PAGES = [
    *_list_clicks(),
    Act("type into a password field", True, "welcome", "type", "#password", _typed("hunter2")),
    _keys("Return in the login form", True, "welcome", "#user", "Return"),
    Act("type a name into the login form", False, "welcome", "type", "#user", _typed("ada")),
    _keys("Return in the card form", True, "shop", "#card", "Return"),
    Act("type a card number", False, "shop", "type", "#card", _typed("4242")),
    _keys("ctrl+Return in a mail", True, "mail", "#body", "ctrl+Return"),
    Act("type into a mail", False, "mail", "type", "#body", _typed("Dear Ada,\nhello")),
    _keys("Return in a chat", True, "mail", "#chat", "Return"),
    _keys("Space on the focused Delete", True, "home", "#delete", "space"),
    _keys("Return on the focused Place order", True, "home", "#order", "Return"),
    _keys("Space on the focused Show details", False, "home", "#show", "space"),
    Act("type into a search field", False, "home", "type", "#search", _typed("let us curl up")),
    _keys("Delete in a text area", False, "home", "#area", "Delete"),
    Act("type lines into a text area", False, "home", "type", "#area", _typed("a\nb\n")),
    Act("type a command into a nameless field", True, "spelling", "type", "#input",
        _typed("sudo rm -rf /\n")),
    Act("type a command into a nameless text area", True, "spelling", "type", "#cell",
        _typed("sudo rm -rf /\n")),
    Act("type words into a nameless field", False, "spelling", "type", "#input",
        _typed("let us go\n")),
    Act("type “curl” into a field with a name", False, "spelling", "type", "#named",
        _typed("let us curl up")),
    Act("right-click in a window with a risky title", False, "basket", "right_click", "#long"),
    _keys("ctrl+f in a browser", False, "home", "#search", "ctrl+f"),
    _keys("ctrl+t in a browser", False, "home", "#search", "ctrl+t"),
    _keys("Return on the focused Yes", True, "dialog", "#yes", "Return"),
    _keys("Return on the focused Cancel", False, "dialog", "#no", "Return"),
    _keys("Tab in a form", False, "welcome", "#user", "Tab"),
    Act("double-click a word", False, "garden", "double_click", "#text"),
    Act("double-click Delete account", True, "home", "double_click", "#delete"),
    Act("right-click a link", False, "home", "right_click", "#more"),
    Act("scroll in a browser", False, "home", "scroll", "#text", {
        "scroll_direction": "down", "scroll_amount": 3}),
    Act("type a javascript: URL", True, "home", "type", "address bar",
        _typed("javascript:alert(1)")),
    Act("type a file: URL", True, "home", "type", "address bar", _typed("file:///etc/passwd\n")),
    Act("type a URL", False, "home", "type", "address bar", _typed("example.org\n")),
    Act("click Reload", False, "home", at="Reload"),
    Act("click Back", False, "home", at="Back"),
]  # fmt: skip

GTK_BUTTONS = (
    *("Erase disk…", "Convert", "Ask me…", "Format drive", "Shut down", "Open Terminal"),
    *("Open folder", "Install package", "Refresh"),
)
IN_GTK = [
    *(
        Act(f"click {label} in a GTK window", risky, "gtk", at=label)
        for label, risky in zip(
            GTK_BUTTONS, (True, False, False, True, True, True, False, True, False), strict=True
        )
    ),
    Act("click an icon button Delete row", True, "gtk", at="icon Delete row"),
    Act("click Erase all data in a notebook", True, "gtk", at="Erase all data"),
    Act("click a label", False, "gtk", at="label"),
    Act("click a row", False, "gtk", at="list"),
    Act("type into a GTK password field", True, "gtk", "type", "password", _typed("secret")),
    Act("type into a GTK field", False, "gtk", "type", "entry", _typed("let us curl up")),
    _keys("Delete in a GTK text", False, "gtk", "text", "Delete"),
    _keys("Delete in a list of files", True, "gtk", "list", "Delete"),
    _keys("Down in a list of files", False, "gtk", "list", "Down"),
    Act("open the menu File", False, "gtk", at="File"),
    Act("File > Move to Trash", True, "gtk", at="File > Move to Trash", open=("File",)),
    Act("File > Open", False, "gtk", at="File > Open", open=("File",)),
    Act("Edit > Delete", True, "gtk", at="Edit > Delete", open=("Edit",)),
    Act("Edit > Copy", False, "gtk", at="Edit > Copy", open=("Edit",)),
    Act("Don't Save in a dialog", True, "gtk", at="dialog Don't Save", open=("Ask me…",)),
    Act("Cancel in a dialog", False, "gtk", at="dialog Cancel", open=("Ask me…",)),
    Act("Return on the default Cancel", False, "gtk", "key", "", _typed("Return"), ("Ask me…",)),
    Act("click into a drawing", False, "gtk", at="drawing"),
]
MENU = ("Open", "Move to Trash", "Rename…")


def _list_in_toolkit(scene: str) -> list[Act]:
    """List the acts in the windows of GTK 4 and Qt, which have the same controls."""
    return [
        *(
            Act(f"click {label} in a {scene} window", risky, scene, at=label)
            for label, risky in zip(
                GTK_BUTTONS, (True, False, False, True, True, True, False, True, False), strict=True
            )
        ),
        Act(f"{scene}: click an icon with a tooltip", True, scene, at="icon Delete row"),
        Act(f"{scene}: click a label", False, scene, at="label"),
        Act(f"{scene}: click a check box", False, scene, at="Remind me"),
        Act(f"{scene}: type into a password field", True, scene, "type", "password",
            _typed("secret")),
        Act(f"{scene}: type into a field", False, scene, "type", "entry", _typed("let us curl up")),
        _keys(f"{scene}: Delete in a text", False, scene, "text", "Delete"),
        Act(f"{scene}: type lines into a text", False, scene, "type", "text", _typed("a\nb\n")),
        Act(f"{scene}: open the menu File", False, scene, at="File"),
        Act(f"{scene}: File > Open", False, scene, at="File > Open", open=("File",)),
        Act(f"{scene}: File > Move to Trash", True, scene, at="File > Move to Trash",
            open=("File",)),
        Act(f"{scene}: Don't Save in a dialog", True, scene, at="dialog Don't Save",
            open=("Ask me…",)),
        Act(f"{scene}: Cancel in a dialog", False, scene, at="dialog Cancel", open=("Ask me…",)),
        Act(f"{scene}: Return on Cancel", False, scene, "key", "", _typed("Return"), ("Ask me…",)),
    ]  # fmt: skip


IN_TOOLKITS = [
    *_list_in_toolkit("gtk4"),
    *_list_in_toolkit("qt"),
    Act("qt: File > Delete permanently", True, "qt", at="File > Delete permanently",
        open=("File",)),
    _keys("qt: Delete in a list", True, "qt", "list", "Delete"),
    Act("gtk4: click a row", False, "gtk4", at="Delete me.txt"),
]  # fmt: skip
IN_MUTE = [
    Act("pcmanfm: double-click a folder", False, "pcmanfm", "double_click", "folder"),
    Act("pcmanfm: click a file", False, "pcmanfm", at="a.txt"),
    Act("pcmanfm: right-click a file", False, "pcmanfm", "right_click", "a.txt"),
    Act("pcmanfm: an item of a context menu", True, "pcmanfm", at="menu 60%", open=("~a.txt",)),
    _keys("pcmanfm: Delete", True, "pcmanfm", "a.txt", "Delete"),
    _keys("pcmanfm: shift+Delete", True, "pcmanfm", "a.txt", "shift+Delete"),
    _keys("pcmanfm: ctrl+c", False, "pcmanfm", "a.txt", "ctrl+c"),
    Act("pcmanfm: scroll", False, "pcmanfm", "scroll", "", {
        "scroll_direction": "down", "scroll_amount": 3}),
]  # fmt: skip
IN_WRITER = [
    Act("Writer: type a letter", False, "writer", "type", "", _typed("Dear Ada,\nlet us go\n")),
    _keys("Writer: Delete in the text", False, "writer", "", "Delete"),
    _keys("Writer: ctrl+s", False, "writer", "", "ctrl+s"),
    Act("Writer: click into the text", False, "writer"),
    Act("Writer: open the menu Edit", False, "writer", at="Edit"),
    Act("Writer: open the menu Format", False, "writer", at="Format"),
]  # fmt: skip
IN_OTHERS = [
    Act("type in mousepad", False, "mousepad", "type", "", _typed("let us curl up\n")),
    _keys("Delete in mousepad", False, "mousepad", "", "Delete"),
    _keys("ctrl+s in mousepad", False, "mousepad", "", "ctrl+s"),
    Act("click the menu Edit", False, "mousepad", at="Edit"),
    Act("Edit > Delete Selection", True, "mousepad", at="Delete Selection", open=("Edit",)),
    Act("click into the text", False, "mousepad", at="text"),
    Act("double-click a folder", False, "thunar", "double_click", "folder"),
    Act("click a file", False, "thunar", at="a.txt"),
    _keys("Delete in a file manager", True, "thunar", "a.txt", "Delete"),
    Act("Delete in a context menu", True, "thunar", at="Delete", open=("~a.txt",)),
    Act("Copy in a context menu", False, "thunar", at="Copy", open=("~a.txt",)),
    Act("Edit > Delete in a file manager", True, "thunar", at="Delete", open=("a.txt", "Edit")),
    Act("drag a file onto a trash", True, "dnd", "left_click_drag", "#file", to="#trash"),
    Act("drag a file onto a folder of a page", False, "dnd", "left_click_drag", "#file",
        to="#folder"),
    Act("drag a file onto a folder", False, "thunar", "left_click_drag", "a.txt", to="folder"),
    Act("type into a terminal", True, "xterm", "type", "", _typed("ls\n")),
    Act("click into a terminal", True, "xterm"),
    Act("scroll in a terminal", False, "xterm", "scroll", "", {
        "scroll_direction": "up", "scroll_amount": 3}),
    Act("type into a Tk window", False, "tk", "type", "", _typed("Dear Ada,\n")),
    Act("Tk: type a command", True, "tk", "type", "", _typed("sudo reboot\n")),
    Act("Tk: click Format drive in “Remove a drive”", True, "tk erase"),
    Act("Tk: click Format drive in “Drives”", True, "tk plain"),
    Act("Tk: click in a window “Notes”", False, "tk"),
    _keys("Tk: alt+F4", True, "tk", "", "alt+F4"),
]  # fmt: skip
IN_FIREFOX = [
    Act("Firefox: click #delete", True, "firefox", at="Delete account"),
    Act("Firefox: click #buy", True, "firefox", at="Buy now"),
    Act("Firefox: click #send", True, "firefox", at="Send"),
    Act("Firefox: click #more", False, "firefox", at="Read more"),
    Act("Firefox: click #show", False, "firefox", at="Show details"),
    Act("Firefox: type a javascript: URL", True, "firefox", "type", "address bar",
        _typed("javascript:alert(1)")),
    Act("Firefox: type a URL", False, "firefox", "type", "address bar", _typed("example.org\n")),
    Act("Firefox: click Reload", False, "firefox", at="Reload"),
]  # fmt: skip
ACTS = [
    *(*ON_PAGES, *IN_GTK, *IN_TOOLKITS, *IN_MUTE, *IN_WRITER, *IN_OTHERS, *IN_FIREFOX),
]
