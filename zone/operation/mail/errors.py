"""Refusals of sending a mail again."""

from zone.core.errors import declare

MAIL_GONE = declare(
    "mail_gone",
    409,
    fi="Viestiä ei voi lähettää uudelleen: se on jo lähetetty tai sen aika on ohi. Tarkista "
    "vastaanottajan osoite.",
    sv="Meddelandet kan inte skickas igen: det har redan skickats eller tiden är ute. Kontrollera "
    "mottagarens adress.",
    en="This mail cannot be sent again: it was sent already, or its time is over. Check the "
    "recipient's address.",
)
