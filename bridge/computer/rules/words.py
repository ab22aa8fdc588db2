"""The words of the built-in rules, in English, German, French and Spanish."""

# A word is found as a whole word, also in the middle of a name; `^` and `$` bind it to the start
# and the end of the name. Case and accents make no difference. Words that are common in harmless
# names stand in a phrase: “Format” is a menu of every editor, “format drive” is none.

from __future__ import annotations

DELETING = (
    *("delete", "remove", "erase", "purge", "wipe", "shred", "discard", "destroy", "overwrite"),
    *("move to trash", "move to the trash", "move to bin", "^bin it$", "^move to bin"),
    *("empty trash", "empty the trash", "empty bin", "empty recycle bin", "uninstall"),
    *("format drive", "format disk", "format partition", "format volume"),
    *("clear all", "clear history", "clear data", "clear browsing data", "clear everything"),
    *("factory reset", "reset all", "reset device", "reset everything", "reset settings"),
    *("close account", "close my account", "deactivate", "terminate", "revoke", "unpublish"),
    *("cancel order", "don't save", "do not save", "close without saving"),
    *("lösche", "löschen", "entfernen", "in den papierkorb", "in den papierkorb verschieben"),
    *("papierkorb leeren", "verwerfen", "vernichten", "überschreiben", "formatieren"),
    *("deinstallieren", "zurücksetzen", "nicht speichern", "konto schließen"),
    *("supprimer", "effacer", "enlever", "retirer", "mettre à la corbeille", "vider la corbeille"),
    *("déplacer vers la corbeille", "écraser", "formater", "désinstaller", "réinitialiser"),
    *("ne pas enregistrer", "abandonner les modifications", "fermer le compte"),
    *("eliminar", "borrar", "quitar", "suprimir", "mover a la papelera", "vaciar la papelera"),
    *("descartar", "sobrescribir", "formatear", "desinstalar", "restablecer", "no guardar"),
    *("cerrar cuenta", "dar de baja la cuenta"),
    *("deletes", "removes", "leave group", "leave channel", "drop table", "drop database"),
    *("truncate", "force push", "roll back", "rollback", "revert all", "^forget", "ban user"),
    *("ban member", "clear cache", "clear cookies", "clear chat", "clear conversation"),
    *("empty cart", "delete forever", "overwrite all", "replace file", "replace all files"),
    *("entferne", "löschung", "wegwerfen", "vernichte", "leeren", "auflösen", "überschreibe"),
    *("verlauf löschen", "gruppe verlassen", "in papierkorb", "partition formatieren"),
    *("supprimez", "effacez", "jeter", "vider", "détruire", "purger", "à la corbeille"),
    *("oublier ce", "quitter le groupe", "rejeter les modifications"),
    *("elimina", "borra", "suprime", "vaciar", "destruir", "desechar", "a la papelera"),
    *("olvidar", "salir del grupo", "descartar cambios"),
    *("to trash", "to the trash", "to bin", "to recycle bin", "factory defaults", "block user"),
    *("factory settings", "without saving", "werkseinstellungen", "ohne speichern"),
    *("ohne zu speichern", "paramètres d'usine", "sans enregistrer", "valores de fábrica"),
    "sin guardar",
)
SENDING = (
    *("send", "publish", "^post$", "post comment", "post reply", "post now", "^tweet$", "^reply$"),
    *("submit review", "submit comment", "^comment$", "merge pull request", "confirm merge"),
    *("go live", "deploy", "share now", "upload"),
    *("senden", "absenden", "abschicken", "verschicken", "veröffentlichen", "posten", "hochladen"),
    *("antwort senden", "kommentieren"),
    *("envoyer", "publier", "poster", "diffuser", "téléverser", "commenter"),
    *("enviar", "publicar", "mandar", "difundir", "subir archivo", "comentar"),
    *("submit application", "submit form", "submit report", "submit request", "submit post"),
    *("apply now", "^invite", "call now", "start call", "^dial$", "broadcast", "retweet"),
    *("repost", "reply all", "share post", "share publicly", "send invite", "file claim"),
    *("sende", "schicken", "^antworten$", "^weiterleiten$", "einreichen", "teilen mit allen"),
    *("jetzt teilen", "^anrufen$", "jetzt bewerben", "einladen", "veröffentliche"),
    *("^répondre$", "^transférer$", "soumettre", "partager maintenant", "^appeler$"),
    *("publiez", "envoyez", "^inviter"),
    *("^responder$", "reenviar", "compartir ahora", "^llamar$", "^invitar", "publica", "envía"),
    *("^submit$", "forward message", "forward email", "^merge$", "^release$", "report user"),
    *("report abuse", "place call", "video call", "^call$", "^vote$", "cast vote"),
    *("^abstimmen$", "^voter$", "^votar$"),
)
BUYING = (
    *("buy", "pay", "pay now", "purchase", "^order$", "place order", "place your order"),
    *("order now", "submit order", "confirm order", "complete order", "order and pay"),
    *("checkout", "^check out$", "proceed to checkout", "donate", "place bid", "^bid$"),
    *("book now", "confirm booking", "subscribe now", "start subscription", "start free trial"),
    *("start trial", "transfer money", "send money", "confirm payment", "confirm transfer"),
    *("kaufen", "bezahlen", "zahlen", "bestellen", "zahlungspflichtig", "zur kasse", "spenden"),
    *("kostenpflichtig", "jetzt buchen", "überweisen", "bieten", "abonnieren"),
    *("acheter", "payer", "commander", "passer la commande", "régler", "faire un don"),
    *("valider la commande", "réserver maintenant", "virement"),
    *("comprar", "pagar", "realizar pedido", "hacer pedido", "finalizar compra", "donar"),
    *("tramitar pedido", "reservar ahora", "transferir"),
    *("^transfer$", "transfer now", "transfer funds", "transfer €", "transfer $", "wire money"),
    *("^rent$", "rent now", "^book$", "^reserve$", "reserve now", "top up", "place bet", "^bet$"),
    *("^sell$", "sell now", "place trade", "withdraw", "deposit", "renew now", "send tip"),
    *("renew subscription", "upgrade plan", "upgrade now", "complete booking", "order again"),
    *("^one-click", "start membership", "join now and pay", "confirm reservation"),
    *("kaufe", "kauf abschließen", "bezahle", "zahle", "spende jetzt", "mieten", "^buchen$"),
    *("verbindlich buchen", "verbindlich bestellen", "^reservieren$", "aufladen", "geld senden"),
    *("überweisung ausführen", "überweisung bestätigen", "auftrag erteilen", "abo abschließen"),
    *("achetez", "payez", "commandez", "^réserver$", "^louer$", "effectuer le virement"),
    *("envoyer de l'argent", "confirmer l'achat", "finaliser la commande", "s'abonner maintenant"),
    *("^pague", "^paga", "^reservar$", "^alquilar$", "hacer una transferencia", "confirmar compra"),
    *("confirmar la compra", "finalizar la compra", "confirmar pago", "comprar ya", "cómpralo"),
    *("^transfer", "to payment", "^subscribe$", "request money", "^trade$", "add funds", "^renew"),
    *("register domain", "confirm transaction", "sign transaction", "confirm swap", "^swap"),
    *("^stake$", "^mint"),
    *("zur zahlung", "überweisung freigeben", "au paiement", "s'abonner"),
    *("al pago", "transferencia", "suscribirse"),
)
INSTALLING = (
    *("install", "reinstall", "update now", "^update$", "install updates", "upgrade", "^get$"),
    *("add to chrome", "add to firefox", "add extension", "download and install", "get app"),
    *("installieren", "aktualisieren$", "jetzt aktualisieren", "hinzufügen zu chrome"),
    *("installer", "mettre à jour", "mettre à niveau", "instalar", "actualizar$"),
    "actualizar ahora",
    *("update all", "update and restart", "restart to update", "apply update", "install anyway"),
    *("load unpacked", "sideload"),
    *("installiere", "alle aktualisieren", "jetzt updaten", "update installieren"),
    *("installez", "tout mettre à jour", "instala", "actualizar todo"),
)
RUNNING = (
    *("^run$", "run anyway", "run now", "run command", "run script", "execute", "open anyway"),
    *("keep anyway", "launch anyway", "ausführen", "trotzdem öffnen", "trotzdem ausführen"),
    *("exécuter", "ouvrir quand même", "ejecutar", "abrir de todos modos"),
    *("run as administrator", "run program", "enable macros", "enable content", "open executable"),
    *("makros aktivieren", "inhalte aktivieren", "als administrator ausführen"),
    *("activer les macros", "exécuter en tant qu'administrateur", "habilitar macros"),
    *("ejecutar como administrador", "abrir de todas formas"),
)
TERMINAL = (
    *("open terminal", "open in terminal", "open terminal here", "open a terminal", "terminal$"),
    *("command prompt", "terminal öffnen", "im terminal öffnen", "ouvrir un terminal"),
    *("ouvrir dans un terminal", "abrir terminal", "abrir en una terminal", "eingabeaufforderung"),
    *("open in console", "open console", "konsole öffnen", "terminal hier öffnen"),
    *("ouvrir la console", "abrir consola", "abrir terminal aquí"),
)
CLOSING = (
    *("shut down", "shutdown", "power off", "reboot", "restart now", "^restart$", "hibernate"),
    *("force quit", "end process", "kill process", "kill", "end task"),
    *("herunterfahren", "ausschalten", "neu starten", "neustart", "prozess beenden"),
    *("éteindre", "redémarrer", "tuer le processus", "apagar", "reiniciar", "matar proceso"),
)
GRANTING = (
    *("^allow$", "allow access", "always allow", "grant", "grant access", "authorize"),
    *("authorise", "make public", "make admin", "transfer ownership", "change visibility"),
    *("^erlauben$", "zugriff erlauben", "^zulassen$", "autorisieren", "gewähren"),
    *("^autoriser$", "accorder", "^permitir$", "autorizar", "conceder"),
    *("allow this time", "allow once", "allow while", "allow always", "^trust", "^approve"),
    *("give access", "give permission", "make owner", "make public", "add collaborator"),
    *("genehmigen", "freigabe erteilen", "vertrauen", "immer zulassen", "immer erlauben"),
    *("approuver", "faire confiance", "toujours autoriser", "aprobar", "confiar"),
    *("permitir siempre", "dar acceso"),
    *("sign contract", "sign document", "sign agreement", "^sign$", "sign and", "accept offer"),
    *("accept invitation", "vertrag unterschreiben", "signer le contrat", "firmar"),
    *("share link", "share by link", "share via link", "link teilen", "link freigeben"),
    *("freigabelink", "partager le lien", "compartir enlace", "compartir el enlace"),
)
ACCOUNT = (
    *("change password", "change my password", "reset password", "update password"),
    *("set password", "set new password", "change email", "change e-mail", "change username"),
    *("change phone", "change recovery", "log out of all", "log out everywhere"),
    *("sign out of all", "sign out everywhere", "passwort ändern", "kennwort ändern"),
    *("passwort setzen", "kennwort setzen", "e-mail ändern", "überall abmelden"),
    *("auf allen geräten abmelden", "changer le mot de passe", "modifier le mot de passe"),
    *("changer l'adresse", "modifier l'adresse e-mail", "se déconnecter partout"),
    *("déconnecter tous les appareils", "cambiar contraseña", "cambiar la contraseña"),
    *("cambiar el correo", "cambiar correo", "cerrar todas las sesiones"),
)
"""What changes how one signs in, or ends it on other devices."""
IN_DIALOGS = (
    *("deleted", "deletes", "removed", "removes", "erased", "erases", "overwritten"),
    *("permanently", "cannot be undone", "can't be undone", "will be lost", "irreversible"),
    *("gelöscht", "entfernt", "endgültig", "unwiderruflich", "rückgängig", "überschrieben"),
    *("supprimé", "supprimés", "définitivement", "irréversible", "annulée", "perdues"),
    *("eliminado", "eliminará", "permanentemente", "irreversible", "deshacer", "perderán"),
    *("already exists", "replace it", "replace the file", "lose your changes", "lose all"),
    *("existiert bereits", "ist bereits vorhanden", "gehen verloren", "nicht rückgängig"),
    *("existe déjà", "sera remplacé", "seront perdues", "ya existe", "se perderán"),
)
"""What dialogs say of what they are about to delete."""
SAVING = (
    *("save", "saving", "unsaved", "speichern", "gespeichert", "ungespeicherte"),
    *("enregistrer", "enregistrées", "sauvegarder", "guardar", "guardados"),
)
"""What dialogs say that ask whether to save."""

UNSUBSCRIBING = (
    *("unsubscribe", "cancel subscription", "cancel membership", "cancel plan", "end membership"),
    *("end subscription", "cancel my subscription", "opt out"),
    *("kündigen", "abbestellen", "abo beenden", "mitgliedschaft beenden", "newsletter abmelden"),
    *("résilier", "se désabonner", "se désinscrire", "annuler l'abonnement"),
    *("dar de baja", "darse de baja", "cancelar suscripción", "cancelar la suscripción"),
    *("anular suscripción", "desuscribirse"),
)

DISKS = ("^format$", "^formatieren$", "^formater$", "^formatear$", "^trash$")
"""What only buttons do: a menu “Format” has fonts, and a link “Trash” shows a folder."""

WEAKENING = (
    *("disable firewall", "turn off firewall", "disable protection", "turn off protection"),
    *("disable antivirus", "turn off antivirus", "disable two-factor", "turn off two-factor"),
    *("disable 2fa", "enable remote", "turn on remote", "allow remote", "save password"),
    *("firewall deaktivieren", "firewall ausschalten", "schutz deaktivieren"),
    *("fernzugriff aktivieren", "fernzugriff erlauben", "passwort speichern"),
    *("désactiver le pare-feu", "désactiver la protection", "activer l'accès à distance"),
    *("enregistrer le mot de passe", "desactivar el cortafuegos", "desactivar la protección"),
    *("activar el acceso remoto", "guardar contraseña"),
)
"""Settings that protect the computer."""

QUESTIONS = (
    *("^how to", "^how do", "^how can", "^what is", "^what are", "^why"),
    *("^wie kann", "^wie lösche", "^was ist", "^warum", "^comment puis-je", "^comment faire"),
    *("^pourquoi", "^cómo", "^por qué"),
)
"""What a help page calls its articles, which tell of acts and do none."""

TITLES_OF_DELETING = (
    *("delete", "deleting", "deletion", "remove", "removing", "trash", "erase", "uninstall"),
    *("löschen", "entfernen", "papierkorb", "supprimer", "suppression", "corbeille"),
    *("eliminar", "borrar", "papelera"),
)
TITLES_OF_SENDING = (
    *("send", "sending", "compose", "new message", "publish", "publishing"),
    *("senden", "verfassen", "neue nachricht", "veröffentlichen", "envoyer", "nouveau message"),
    *("rédiger", "publier", "enviar", "redactar", "nuevo mensaje", "publicar"),
)
TITLES_OF_BUYING = (
    *("checkout", "check out", "payment", "payments", "pay", "cart", "basket", "^order", "orders"),
    *("your order", "my order", "place order", "order summary", "order details", "review order"),
    *("order – ", "order - ", "billing", "purchase"),
    *("kasse", "warenkorb", "bezahlen", "bezahlung", "zahlung", "bestellung", "bestellen"),
    *("überweisung", "paiement", "panier", "commande", "virement", "pago", "carrito", "pedido"),
    "transferencia",
)
TITLES_OF_INSTALLING = (
    *("install", "installer", "installation", "setup", "app store", "^update$", "updates"),
    *("software update", "system update", "update manager", "update available", "updater"),
    *("update –", "update -", "installieren", "softwareaktualisierung", "aktualisierung"),
    *("mise à jour", "mises à jour", "installer", "instalar", "instalación", "actualización"),
)
TITLES_OF_SETTINGS = (
    *("settings", "preferences", "control panel", "system preferences"),
    *("einstellungen", "systemsteuerung", "paramètres", "préférences"),
    *("configuración", "ajustes", "preferencias"),
)
"""A title is the page's or the document's: a word in the middle of a sentence says little."""

TRASH = (
    *("trash", "bin", "recycle bin", "wastebasket", "delete", "papierkorb", "löschen"),
    *("corbeille", "supprimer", "papelera", "eliminar"),
)

CONFIRMING = (
    *("^yes", "^ok$", "^okay", "^continue", "^confirm", "^proceed", "^accept", "^agree", "^apply"),
    *("^i understand", "^sure", "^do it", "^submit", "^go$", "^go ahead", "^finish", "^done$"),
    *("^ja", "^weiter$", "^fortfahren", "^bestätigen", "^annehmen", "^akzeptieren", "^anwenden"),
    *("^oui", "^continuer", "^confirmer", "^valider", "^accepter", "^d'accord", "^appliquer"),
    *("^sí", "^continuar", "^confirmar", "^aceptar", "^de acuerdo", "^aplicar"),
    *("^replace", "^overwrite", "^move$", "^ersetzen", "^überschreiben"),
    *("^remplacer", "^reemplazar", "^sobrescribir"),
)
DECLINING = ("^no$", "^nein$", "^non$")
HARMLESS = (
    *("^cancel$", "^close$", "^close window$", "^close dialog$", "^close tab$", "^dismiss$"),
    *("^not now$", "^later$", "^maybe later$", "^back$", "^back to", "^go back", "^forward$"),
    *("^home$", "^menu$", "^main menu$", "^open menu$", "^more$", "^more options$", "^help"),
    *("^get help$", "^about", "^faq$", "^contact", "^learn more", "^read more$", "^search"),
    *("^find$", "^find in page$", "^filter", "^sort", "^show", "^hide", "^view", "^see"),
    *("^details$", "^more details$", "^expand", "^collapse", "^overview$", "^contents$"),
    *("^table of contents$", "^preview$", "^zoom", "^full screen$", "^minimize$", "^maximize$"),
    *("^reload$", "^refresh$", "^next page$", "^next chapter$", "^next article$", "^previous"),
    *("^first page$", "^last page$", "^skip to content$", "^skip to main content$", "^like$"),
    *("^play$", "^pause$", "^mute$", "^copy$", "^copy link$", "^cut$", "^paste$", "^undo$"),
    *("^redo$", "^select all$", "^file$", "^edit$", "^insert$", "^tools$", "^window$"),
    *("^bookmarks$", "^history$", "^new tab$", "^settings$", "^preferences$", "^options$"),
    *("^privacy policy$", "^terms of use$", "^terms of service$", "^imprint$"),
    *("^abbrechen$", "^schließen$", "^fenster schließen$", "^später$", "^nicht jetzt$", "^zurück$"),
    *("^zurück zu", "^zurück zur", "^zurück zum", "^vor$", "^startseite$", "^menü$", "^mehr$"),
    *("^hilfe", "^über$", "^über uns$", "^kontakt$", "^mehr erfahren", "^weiterlesen$", "^suche"),
    *("^suchen", "^filtern", "^sortieren", "^anzeigen$", "^mehr anzeigen$", "^details anzeigen$"),
    *("^ausblenden$", "^ansicht$", "^übersicht$", "^inhalt$", "^vorschau$", "^vergrößern$"),
    *("^verkleinern$", "^vollbild$", "^neu laden$", "^nächste seite$", "^vorherige", "^abspielen$"),
    *("^kopieren$", "^ausschneiden$", "^einfügen$", "^rückgängig$", "^alles auswählen$", "^datei$"),
    *("^bearbeiten$", "^lesezeichen$", "^einstellungen$", "^optionen$", "^datenschutz$"),
    "^impressum$",
    *("^annuler$", "^fermer$", "^plus tard$", "^pas maintenant$", "^retour$", "^précédent$"),
    *("^accueil$", "^aide", "^à propos", "^en savoir plus", "^lire la suite$", "^rechercher"),
    *("^recherche", "^filtrer", "^trier", "^afficher", "^masquer", "^voir", "^détails$"),
    *("^aperçu$", "^agrandir$", "^réduire$", "^actualiser la page$", "^page suivante$"),
    *("^page précédente$", "^copier$", "^couper$", "^coller$", "^tout sélectionner$", "^fichier$"),
    *("^édition$", "^affichage$", "^outils$", "^favoris$", "^historique$", "^paramètres$"),
    "^préférences$",
    *("^cancelar$", "^cerrar$", "^más tarde$", "^ahora no$", "^volver$", "^atrás$", "^inicio$"),
    *("^ayuda", "^acerca de", "^contacto$", "^más información$", "^leer más$", "^buscar"),
    *("^filtrar", "^ordenar por", "^mostrar", "^ocultar", "^ver", "^detalles$", "^vista previa$"),
    *("^recargar$", "^página siguiente$", "^página anterior$", "^copiar$", "^cortar$", "^pegar$"),
    *("^deshacer$", "^rehacer$", "^seleccionar todo$", "^archivo$", "^editar$", "^herramientas$"),
    *("^marcadores$", "^historial$", "^ajustes$", "^configuración$", "^preferencias$"),
    "^opciones$",
)
"""Names of controls that do no harm in any window: they look, move around, stop, or can be undone.

“Next”, “Open” and “Save” are missing on purpose: in a risky window they may be the act.
"""

COMMAND_FIELDS = (
    *("terminal", "terminal input", "console", "shell", "command", "command line", "run command"),
    *("konsole", "befehl", "eingabeaufforderung", "console", "commande", "comando", "consola"),
)
CODE_FIELDS = (
    *("code", "code cell", "cell", "notebook", "script", "repl"),
    *("zelle", "skript", "cellule", "celda", "código"),
)
"""Names of fields whose text may be run, such as cells of notebooks."""
MESSAGE_FIELDS = (
    *("message", "message body", "reply", "comment", "compose", "mail", "email body"),
    *("nachricht", "antwort", "kommentar", "message", "réponse", "commentaire", "courrier"),
    *("mensaje", "respuesta", "comentario", "correo"),
)
CHAT_FIELDS = (
    *("type a message", "write a message", "send a message", "message to", "type your message"),
    *("enter message", "chat message", "nachricht schreiben", "schreibe eine nachricht"),
    *("nachricht an", "gib eine nachricht ein", "écrire un message", "écrivez un message"),
    *("envoyer un message", "message à", "escribe un mensaje", "escribir un mensaje"),
    "mensaje para",
)
"""Names of fields in which Return sends."""

COMMANDS = (
    *("sudo ", "rm -", "powershell", "^rm ", "^curl ", "^wget ", "^git push", "^git reset"),
    *("^git clean", "^git branch -d", "^bash ", "^sh ", "^zsh ", "^cmd ", "^ssh ", "^scp "),
    *("^chmod ", "^chown ", "^dd ", "^mkfs", "^fdisk ", "^kill ", "^killall ", "^pkill "),
    *("^shutdown", "^reboot", "^systemctl ", "^apt ", "^apt-get ", "^dnf ", "^yum ", "^pacman "),
    *("^pip install", "^pip3 install", "^npm install", "^npm publish", "^npm run", "^npx "),
    *("^docker ", "^kubectl ", "^terraform ", "^python -c", "^python3 -c", "^node -e", "^eval "),
    *("^exec ", "^del /", "^rd /", "^rmdir ", "^format c:", "^reg ", "^net user", "^iex"),
    *("^invoke-", "^start-process", "^set-executionpolicy", "^crontab ", "^nc ", "^mv ", "^cp -"),
)
"""Beginnings of commands; a `^` binds one to the start of what is typed, or of a line in it."""
